"""Exported for Hugging Face: `generate` gives the same tokens, in a process that has nothing of this project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.front_ends import compile_machine
from compiler.machines import lag
from compiler.machines.lag.system import parse
from interpreter.engines.reference import ReferenceEngine
from tests.export.subjects import PTM, RAM, SUBJECTS, apart

pytest.importorskip("transformers", reason="transformers is not installed, pip install -e '.[export]'")

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


def test_a_window_is_refused(tmp_path: Path) -> None:
    from interpreter.export import NotExportable
    from interpreter.export.hugging_face import write

    with pytest.raises(NotExportable, match="a loop outside the transformer shows lag-.* a window of the trace"):
        write(lag.machine(parse("a a: b\na b: a a\nb a: b\n")), tmp_path, 0)


def test_a_window_that_hides_nothing(tmp_path: Path) -> None:
    """A Post machine looks at fixed offsets: with the whole trace in sight it says the same."""
    from interpreter.export.hugging_face import write

    prompt = compile_machine("tm", "1RB1LB_1LA1RZ", options={"window": "8"}, construction="post")
    wanted = [int(i) for chunk in ReferenceEngine(prompt.machine).decode(prompt.numbers) for i in chunk]
    write(prompt.machine, tmp_path / "post", 0)
    names = " ".join(str(prompt.machine.vocabulary[int(i)]) for i in prompt.numbers)
    work = [(str(tmp_path / "post"), names, len(wanted) + 5)]
    [found] = apart(SCRIPT, json.dumps(work), folder=tmp_path)
    assert (found["tokens"], found["anew"]) == (wanted, wanted[:6])


def test_a_name_that_is_no_token(tmp_path: Path) -> None:
    from interpreter.export.describing import describe
    from interpreter.export.hugging_face import _tokenizer

    with pytest.raises(Exception, match=r"Missing \[UNK\] token"):
        _tokenizer(describe(RAM.machine)).encode("BOS NONSENSE")
