"""Machines of one's own: how they are found, what is wrong with them, and how their prompts are written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from compiler.machines.codec import TextError, Words
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine, PromptError
from compiler.machines.own import MachineError, load_machine
from compiler.machines.saved import SavedPromptError, dumps, loads

GOOD = """
from beside import VOCABULARY
from punchtape import Circuit, Machine

circuit = Circuit("same", VOCABULARY)
circuit.logit(circuit.feature("is b", lambda token: int(token == "b")) * 2 - 1, lambda token: int(token == "b"))


def same(prompt):
    *_, last = prompt
    while True:
        yield last


def build(**changes):
    parts = {"halting": frozenset(), "specification": same, **changes}
    return Machine("same", VOCABULARY, circuit, **parts)


machine = build()
silent = build(specification=None)
outside = build(halting=frozenset({7}))
another = Machine("other", ["a"], circuit, frozenset())
number = 7


def wrong():
    return 1 / 0


unread = Circuit("unread", VOCABULARY)
from compiler.circuits.expressions import wire
unread.logit(unread.wire("w", unread.feature("f", lambda token: 1)), lambda token: 1)
unread.previous("p", v=wire("nobody"))
unbuilt = Machine("unread", VOCABULARY, unread, frozenset())
alike = Machine("alike", ["1", 1], Circuit("alike", ["1", 1]), frozenset())
careless = Circuit("careless", VOCABULARY)
careless.logit(careless.feature("f", lambda token: {}[token]), lambda token: 1)
raising = Machine("careless", VOCABULARY, careless, frozenset())
listed = Machine("listed", [["a"], ["b"]], circuit, frozenset())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(GOOD)
    (tmp_path / "beside.py").write_text('VOCABULARY = ["a", "b"]\n')
    (tmp_path / "bad.py").write_text("x = 1\n1 / 0\n")
    (tmp_path / "ends.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "typo.py").write_text("def f(:\n")
    (tmp_path / "blind.py").write_text("import nowhere_to_be_found\n")
    return tmp_path


def test_a_machine_and_a_function_that_makes_one(folder: Path) -> None:
    machine = load_machine("own.py:machine")
    assert isinstance(machine, Machine) and load_machine("own.py:build").name == machine.name
    assert construction("own.py:machine").machine().name == "same"
    assert "beside" not in sys.modules, "the next machine may have another file of this name"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("own.py", "own.py: error: this names a file, and no machine in it\nhint: write own.py:NAME"),
        ("none.py:machine", "none.py: error: there is no such file"),
        ("own.py:nothing", "it has no name `nothing`\nhint: its machines are: machine, silent"),
        ("own.py:number", "`number` is no punchtape.Machine, and no function that makes one: it is of type int"),
        ("own.py:wrong", "own.py:28: error: ZeroDivisionError: division by zero\nhint: `wrong` is called"),
        ("own.py:another", "its vocabulary has 1 tokens, and not those of its circuit, 2"),
        ("own.py:outside", "`halting` has [7], and tokens have the numbers 0 to 1\nhint: write frozenset"),
        ("own.py:unbuilt", "its circuit cannot be built: cannot be placed, reads what is never written"),
        ("own.py:alike", "two tokens are written '1': give the machine a codec"),
        ("own.py:silent", "`silent` has no specification\nhint: write Machine(…, specification=f)"),
        ("own.py:raising", "own.py:38: error: KeyError: 'a'\nhint: `raising` has a circuit that cannot be built"),
        ("own.py:listed", "the token ['a'] cannot be hashed\nhint: tokens are"),
        ("ends.py:machine", "ends.py:1: error: SystemExit"),
        ("bad.py:machine", "bad.py:2: error: ZeroDivisionError: division by zero\nhint: the file has to run"),
        ("typo.py:machine", "typo.py:1: error: SyntaxError"),
        ("blind.py:machine", "blind.py:1: error: ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    ],
)
def test_what_is_no_machine(folder: Path, place: str, says: str) -> None:
    with pytest.raises(MachineError) as raised:
        load_machine(place, specified=True)
    assert says in str(raised.value)


@pytest.mark.parametrize("part", ["vocabulary", "circuit", "halting", "specification", "codec", "window", "prompts"])
def test_a_part_of_a_wrong_type_is_named(folder: Path, part: str) -> None:
    with Path("own.py").open("a") as file:
        file.write(f"import dataclasses\nodd = dataclasses.replace(machine, {part}=7)\n")
    with pytest.raises(MachineError) as raised:
        load_machine("own.py:odd")
    assert f"own.py: error: `odd`: its {part} is of type int\nhint: give it " in str(raised.value)


@pytest.mark.parametrize("prompt", ["'a b'", "['nowhere']", "7", "[[]]"])
def test_a_prompt_that_is_none_is_named(folder: Path, prompt: str) -> None:
    with Path("own.py").open("a") as file:
        file.write(f"import dataclasses\nodd = dataclasses.replace(machine, prompts=[{prompt}])\n")
    with pytest.raises(MachineError, match=r"among its prompts (is no|has .*, no token) .*\nhint: write each"):
        load_machine("own.py:odd")


def test_words() -> None:
    words = Words(["a", "b", 7])
    assert words.tokens("a b\n  7 a") == ["a", "b", 7, "a"]
    assert words.text(["a", 7]) == "a 7"
    with pytest.raises(TextError) as raised:
        words.tokens("a b\n a bb", "x.txt")
    assert str(raised.value) == (
        "x.txt:2:4: error: there is no token `bb`\n     a bb\n       ^\n"
        "hint: did you mean `b`? the tokens are a b 7, with white space between them"
    )
    with pytest.raises(ValueError, match="holds white space"):
        Words(["a b"])


def test_prompts_are_saved_and_opened_again(folder: Path) -> None:
    own = construction("own.py:machine")
    prompt = own.prompt("a b b")
    text = dumps(prompt, prompt.machine.weights.sha256())
    with pytest.raises(SavedPromptError, match="write --machine"):
        loads(text)
    again, sha256 = loads(text, lambda name, body: own.machine())
    assert again.tokens == prompt.tokens and sha256 == prompt.machine.weights.sha256()  # type: ignore[attr-defined]


def test_prompts_that_are_none(folder: Path) -> None:
    with pytest.raises(PromptError, match="no tokens"):
        construction("own.py:machine").prompt(" \n")
    with pytest.raises(PromptError, match="reads no input"):
        construction("own.py:machine").prompt("a").with_input("b")


def test_what_a_machine_is_made_for(folder: Path) -> None:
    Path("rules.txt").write_text("a b: a\nb a: b a\n")
    made = construction("lag:rules.txt")
    assert made.name == "lag:rules.txt" and [str(t) for t in made.machine().vocabulary] == ["halt", "a", "b", "b+"]
    assert [str(t) for t in made.prompt("a b").tokens] == ["a", "b"]
    Path("wrong.txt").write_text("a b c\n")
    for name, says in (
        ("lag:wrong.txt", "wrong.txt:1: error: this is no rule"),
        ("lag:nowhere.txt", "nowhere.txt: error: cannot be read"),
        ("ptm:x", "is not made for"),
        ("lagg", "there is no machine 'lagg'; choose one of: ram, ptm, lag, .*or FILE.py:NAME"),
    ):
        with pytest.raises(ValueError, match=says):
            construction(name).machine()


def test_symbols_of_two_characters_may_run_together() -> None:
    lag = construction("lag")
    assert [str(t) for t in lag.prompt("aBgJ aB").tokens] == ["aB", "gJ", "aB"]
    with pytest.raises(TextError, match="at least two symbols"):
        lag.prompt("aB")
    with pytest.raises(TextError, match="there is no token `zz`"):
        lag.prompt("aBzz")
