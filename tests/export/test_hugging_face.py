"""Exported for Hugging Face: `generate` gives the same tokens, in a process that has nothing of this project."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.front_ends import compile_machine
from compiler.machines import lag
from compiler.machines.lag.system import parse
from compiler.machines.windows import Context, stretches
from interpreter.engines.reference import ReferenceEngine
from interpreter.export import NotExportable
from tests.export.subjects import PTM, RAM, SUBJECTS, apart

pytest.importorskip("transformers", reason="transformers is not installed, pip install -e '.[export]'")

from interpreter.export.hugging_face import write  # needs transformers

SCRIPT = """
import json
from transformers import AutoModelForCausalLM, AutoTokenizer
found = []
for folder, text, length in json.loads(sys.argv[1]):
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    prompt = tokenizer(text, return_tensors="pt").input_ids
    new = model.generate(prompt, max_new_tokens=length)[0, prompt.shape[1]:]
    anew = model.generate(prompt, max_new_tokens=6, use_cache=False)[0, prompt.shape[1]:]
    refused = []
    for bad in (dict(input_ids=prompt.repeat(2, 1)), dict(input_ids=prompt, attention_mask=0 * prompt)):
        try:
            model(**bad)
        except ValueError as problem:
            refused.append(str(problem))
    found.append({"numbers": prompt[0].tolist(), "tokens": new.tolist(), "anew": anew.tolist(),
                  "text": tokenizer.decode(new), "dtype": str(model.dtype), "refused": refused})
print(json.dumps(found))
"""


def test_generate_gives_the_same_tokens(tmp_path: Path) -> None:
    folders = {name: s.export("huggingface", tmp_path / name.replace(" ", "-")) for name, s in SUBJECTS.items()}
    work = [(str(folders[name]), s.prompt, len(s.trace) + 5) for name, s in SUBJECTS.items()]
    for subject, found in zip(SUBJECTS.values(), apart(SCRIPT, json.dumps(work), folder=tmp_path), strict=True):
        assert found["numbers"] == subject.numbers
        assert found["tokens"] == subject.trace and found["anew"] == subject.trace[:6]
        assert found["text"].split() == [str(subject.machine.vocabulary[i]) for i in subject.trace]
        assert found["dtype"] == "torch.float64"
        assert [text.partition(":")[0] for text in found["refused"]] == [
            "this transformer counts positions from the first token"
        ] * 2


def test_the_folder_says_what_is_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interpreter.export.describing.certified_length", lambda _: 4321)
    folder = PTM.export("huggingface", tmp_path / "ptm")
    said = json.loads((folder / "config.json").read_text())
    assert (said["proved_tokens"], said["longest_trace"]) == (4321, PTM.machine.weights.max_tokens)
    assert said["weights_sha256"] == PTM.machine.weights.sha256()
    assert "4,321 tokens" in (folder / "README.md").read_text()


def test_windows_are_moved(tmp_path: Path) -> None:
    """A Lag system, a Post machine (whose window hides nothing), summaries, in a process without this project."""
    beaver = "1RB1RZ_1LB0RC_1LC1LA"
    on: dict[str, dict[str, str]] = {"lag": {}, "post": {"window": "8"}, "turingformer": {"bits": "6"}}
    prompts = [compile_machine("tm", beaver, options=options, construction=name) for name, options in on.items()]
    traces, work = [], []
    for prompt in prompts:
        traces.append([int(i) for chunk in ReferenceEngine(prompt.machine).decode(prompt.numbers) for i in chunk])
        folder = tmp_path / prompt.construction
        write(prompt.machine, folder, 0)
        names = " ".join(str(prompt.machine.vocabulary[int(i)]) for i in prompt.numbers)
        work.append((str(folder), names, len(traces[-1]) + 5))
    for prompt, trace, found in zip(prompts, traces, apart(SCRIPT, json.dumps(work), folder=tmp_path), strict=True):
        assert found["numbers"] == prompt.numbers.tolist()
        assert (found["tokens"], found["anew"]) == (trace, trace[:6]), prompt.construction
    window = prompt.machine.window
    assert window is not None and len(list(stretches(window, prompt.numbers, trace))) > 1, "nothing was dropped"


def test_a_window_of_its_own_is_refused(tmp_path: Path) -> None:
    class Odd:
        size = 3

        def begin(self, prompt: Iterable[int]) -> Context:
            raise NotImplementedError

    machine = replace(lag.machine(parse("a a: b\na b: a a\nb a: b\n")), window=Odd())
    with pytest.raises(NotExportable, match="through Odd, a window of its own .* --to safetensors"):
        write(machine, tmp_path, 0)


def test_a_name_that_is_no_token(tmp_path: Path) -> None:
    from interpreter.export.describing import describe
    from interpreter.export.hugging_face import _tokenizer

    with pytest.raises(Exception, match=r"Missing \[UNK\] token"):
        _tokenizer(describe(RAM.machine)).encode("BOS NONSENSE")
