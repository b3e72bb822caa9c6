"""Exported as safetensors: the same weights, and a loader that needs nothing of the compiler."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.numpy import load_file, save_file

import interpreter.export
from compiler.machines import lag
from compiler.machines.lag.system import parse
from interpreter.export import TARGETS, NotExportable
from interpreter.export.naming import token_names
from interpreter.export.tensors import write
from interpreter.model.stored import StoredError, load
from interpreter.model.transformer import Transformer
from interpreter.runs.certified import NotCertified
from tests.engines.echo_machine import machine as echo
from tests.export.subjects import PTM, RAM, SUBJECTS, punch

LOADER = """
import json, sys
from interpreter.model.stored import load
found = []
for file, prompt in json.loads(sys.argv[1]):
    stored = load(file)
    found.append(list(stored.decode(stored.numbers(prompt))))
print(json.dumps([found, "compiler" in {name.split(".")[0] for name in sys.modules}]))
"""


def test_a_loader_without_the_compiler_decodes_the_same(tmp_path: Path) -> None:
    work = [(str(s.export("safetensors", tmp_path / name)), s.prompt) for name, s in SUBJECTS.items()]
    ran = subprocess.run([sys.executable, "-c", LOADER, json.dumps(work)], capture_output=True, check=True)
    assert json.loads(ran.stdout) == [[s.trace for s in SUBJECTS.values()], False]


def test_a_machine_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert punch("new", "counting").exit_code == 0
    own, prompt = ("--machine", "counting/machine.py:machine"), (tmp_path / "counting/prompt.txt").read_text()
    assert punch("export", *own, "--to", "safetensors", "-o", "own.safetensors").output == ""
    stored = load("own.safetensors")
    names = [stored.description.tokens[number] for number in stored.decode(stored.numbers(prompt), 50)]
    assert names == punch("run", "counting/prompt.txt", *own).stdout.split()
    assert punch("draw", *own, "-o", "own.svg").output == ""
    assert punch("draw", "counting/prompt.txt", "--attention", *own, "-o", "attention.svg").output == ""


def test_the_file_has_the_weights_themselves(tmp_path: Path) -> None:
    file = RAM.export("safetensors", tmp_path / "model.safetensors")
    weights, found = RAM.machine.weights, load_file(file)
    assert found.keys() == weights.tensors.keys()
    assert all((found[name] == tensor).all() for name, tensor in weights.tensors.items())
    said = load(file).description
    assert (said.machine, said.weights_sha256) == (weights.name, weights.sha256())
    assert (said.longest_trace, said.window) == (weights.max_tokens, None)
    assert [said.tokens[i] for i in said.halting] == [str(RAM.machine.vocabulary[i]) for i in said.halting]
    assert [len(heads) for heads in said.heads] == [len(layer.query) for layer in weights.layers]


def test_relative_biases_and_windows(tmp_path: Path) -> None:
    made = lag.machine(parse("a a: b\na b: a a\nb a: b\n"))
    write(made, tmp_path / "lag.safetensors", 0)
    stored = load(tmp_path / "lag.safetensors")
    tokens = torch.tensor([0, 1, 1])
    assert torch.equal(stored.transformer(tokens), Transformer(made.weights)(tokens))
    assert stored.description.window == 3


def test_the_largest_proved_length_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> int:
        raise NotCertified

    for length, expected in ((lambda _: 1234, 1234), (none, None)):
        monkeypatch.setattr("interpreter.export.describing.certified_length", length)
        assert load(PTM.export("safetensors", tmp_path / "model.safetensors")).description.proved_tokens == expected


def test_names_of_tokens() -> None:
    assert token_names(echo().vocabulary)[3] == "Token(family='IN',value=0)"
    for vocabulary, message in (
        (["a", "b c", "bc"], "two tokens are both printed as 'bc'"),
        (["a", " "], "token number 1 is printed as nothing"),
    ):
        with pytest.raises(NotExportable, match=message):
            token_names(vocabulary)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "this file holds no punchtape model"),
        ({"punchtape": "no JSON"}, "this file holds no punchtape model"),
        ({"punchtape": '{"format": "punchtape model", "version": 99}'}, "the file has version 99, this is version 1"),
        ({"punchtape": '{"format": "punchtape model", "version": 1}'}, "the description in this file is not complete"),
    ],
)
def test_files_that_are_none(metadata: dict[str, str] | None, message: str, tmp_path: Path) -> None:
    save_file({}, tmp_path / "other.safetensors", metadata=metadata)
    with pytest.raises(StoredError, match=message):
        load(tmp_path / "other.safetensors")
    (tmp_path / "text").write_text("no safetensors")
    with pytest.raises(StoredError, match="this is no safetensors file"):
        load(tmp_path / "text")


def test_a_prompt_with_a_token_that_is_none(tmp_path: Path) -> None:
    stored = load(PTM.export("safetensors", tmp_path / "model.safetensors"))
    with pytest.raises(StoredError, match="'A7' is no token of the ptm machine"):
        stored.numbers("^ A7")
    assert len(list(stored.decode(PTM.numbers, 3))) == 3


def test_one_message_and_status_2(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "missing" / "x")
    for arguments, message in (
        (("--machine", "rum", "--to", "onnx", "-o", "x"), "there is no machine 'rum'; choose one of: ram, ptm"),
        (("--to", "tensorflow", "-o", "x"), "is not one of 'safetensors'"),
        (("--machine", "ptm", "--to", "safetensors", "-o", nowhere), "cannot be written: No such file or directory"),
    ):
        result = punch("export", *arguments)
        assert result.exit_code == 2 and message in result.stderr


@pytest.mark.parametrize(
    ("target", "module", "library", "extra"),
    [("huggingface", "hugging_face", "tokenizers", "export"), ("onnx", "onnx_graph", "onnx", "export"),
     ("transformer-lens", "lens_loading", "transformer_lens", "lens")],
)  # fmt: skip
def test_an_extra_that_is_missing(
    target: str, module: str, library: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (module, TARGETS[target].module):
        monkeypatch.delitem(sys.modules, f"interpreter.export.{name}", raising=False)
        monkeypatch.delattr(interpreter.export, name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    result = punch("export", "--machine", "ptm", "--to", target, "-o", str(tmp_path / "out"))
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"error: `punchtape export --to {target}` needs more packages")
    assert f"pip install 'punchtape[{extra}]'" in result.stderr
