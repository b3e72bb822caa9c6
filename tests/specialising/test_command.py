"""`punchtape specialise` as users meet it, and the file that it writes in the place of a program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.numpy import save

from compiler.machines.own import MachineError
from compiler.machines.specialised.stored import METADATA, load
from interpreter.command_line import main
from interpreter.model import stored

PROGRAM = "n = int(input())\nwhile n > 1:\n    print(n)\n    n = n - 4\nassert n == 1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a program, and the transformer that it was moved into."""
    folder = tmp_path_factory.mktemp("specialised")
    (folder / "count.py").write_text(PROGRAM)
    status, out, err = punch(folder, "specialise", "count.py", "-o", "count.safetensors", "--check", "--input", "9")
    assert status == 0 and out.startswith("the same ") and out.endswith(" differ by at most 0\n"), out + err
    return folder


def punch(folder: Path, *arguments: str) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_a_run(folder: Path) -> None:
    status, out, err = punch(folder, "run", "count.safetensors", "--input", "9", "--stats")
    assert (status, out) == (0, "9\n5\n") and "machine           ram-1000-2-specialised\n" in err
    prompt = next(int(line.split()[-1]) for line in err.splitlines() if line.startswith("prompt tokens"))
    assert prompt < 20
    status, out, err = punch(folder, "run", "count.safetensors", "--input", "8", "--engine", "dense")
    assert (status, out) == (1, "8\n4\n") and 'File "count.py", line 5' in err and "AssertionError" in err
    status, out, err = punch(folder, "run", "count.safetensors", "--input", "9", "--max-tokens", "3")
    assert status == 3
    assert punch(folder, "verify", "count.safetensors", "--input", "9", "--engine", "reference")[0] == 0


def test_other_commands(folder: Path) -> None:
    status, out, _ = punch(folder, "model", "--machine", "count.safetensors")
    assert status == 0 and "ram-1000-2-specialised" in out
    status, _, err = punch(folder, "model", "--machine", "count.safetensors", "--form", "looped")
    assert (
        status == 2 and err == "error: these weights are stacked; `punchtape specialise --form looped` makes others\n"
    )
    assert (
        punch(folder, "export", "--machine", "count.safetensors", "--to", "safetensors", "-o", "out.safetensors")[0]
        == 0
    )
    status, out, _ = punch(folder, "check", "--machine", "count.safetensors")
    assert status == 0 and "After every prompt of this program" in out.replace("\n", " "), out
    assert punch(folder, "export", "--machine", "count.safetensors", "--to", "onnx", "-o", "out.onnx")[0] == 0


def test_without_the_compiler(folder: Path) -> None:
    """The loader of exported transformers runs the file that `specialise` wrote, by its tensors alone."""
    made = load(str(folder / "count.safetensors"))
    numbers = made.shortened(made.prompt.with_input("9").numbers)
    there = stored.load(folder / "count.safetensors")
    text = " ".join(str(made.machine.vocabulary[n]) for n in numbers)
    assert there.numbers(text) == numbers.tolist()
    run = [there.description.tokens[t] for t in there.decode(numbers.tolist(), 300)]
    assert run[-1] == "HALT" and [token for token in run if token.startswith("INT")] == ["INT(9)", "INT(5)"]


def test_with_the_input(folder: Path) -> None:
    arguments = ("--with-input", "--input", "9", "-o", "whole.safetensors", "--force", "--check")
    assert punch(folder, "specialise", "count.safetensors", *arguments)[0] == 0
    status, out, err = punch(folder, "run", "whole.safetensors", "--stats")
    assert (status, out) == (0, "9\n5\n") and "prompt tokens     2\n" in err


REFUSED = {
    "count.py": "error: say where to write the transformer, with -o OUT.safetensors, or what to do, with --check",
    "count.py -o no/x.safetensors": "no/x.safetensors: error: cannot be written: No such file or directory",
    "count.py -o x.pt": "x.pt: error: give it a name that ends with .safetensors, by which other commands know it",
    "count.py -o count.safetensors": "count.safetensors: error: there is such a file already; --force writes over it",
    "none.safetensors --check": "none.safetensors: error: there is no such file",
    "count.safetensors --check --base 10": "error: a specialised transformer is what it is; leave --base out",
    "count.py --check --with-input": "moves the input that --input gives, to a program that reads one",
    "long.py -o x.safetensors --positions 1024": "and these weights tell 1,024 apart; --positions gives them more",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_is_refused(folder: Path, arguments: str) -> None:
    (folder / "long.py").write_text(PROGRAM + "print(n)\n" * 100)
    status, out, err = punch(folder, "specialise", *arguments.split())
    assert (status, out) == (2, "") and err.endswith(REFUSED[arguments] + "\n") and err.count("\n") == 1


def changed(folder: Path, name: str, change: Any) -> str:
    """What loading says of the file with its tensors and its description changed."""
    with safe_open(folder / "count.safetensors", framework="np") as file:
        metadata, tensors = dict(file.metadata()), {n: file.get_tensor(n) for n in file.keys()}
    body = json.loads(metadata[METADATA])
    change(tensors, body)
    metadata[METADATA] = json.dumps(body)
    (folder / name).write_bytes(save(tensors, metadata))
    with pytest.raises(MachineError) as problem:
        load(str(folder / name))
    return str(problem.value)


def test_damage_is_noticed(folder: Path) -> None:
    def weight(tensors: Any, body: Any) -> None:
        tensors["unembedding"].flat[np.flatnonzero(tensors["unembedding"])[0]] += 1

    def missing(tensors: Any, body: Any) -> None:
        del tensors["layers.0.gate"]

    def field(name: str, value: Any) -> Any:
        return lambda tensors, body: body.__setitem__(name, value)

    assert "the hash that it names" in changed(folder, "a.safetensors", weight)
    assert "'layers.0.gate' is missing" in changed(folder, "b.safetensors", missing)
    for name, value in (
        ("tokens", [1, 2]),
        ("layers", []),
        ("wires", ["x"]),
        ("prompt", "{}"),
        ("version", 2),
        ("form", 1),
    ):
        assert "damaged" in changed(folder, "c.safetensors", field(name, value)), name
    (folder / "d.safetensors").write_bytes(b"no tensors")
    assert punch(folder, "run", "d.safetensors")[2].startswith("d.safetensors: error: cannot be read: ")
    (folder / "e.safetensors").write_bytes(save({}))
    assert "has no specialised transformer" in punch(folder, "run", "e.safetensors")[2]
