"""What Coq's kernel checks: the files are accepted, rest on floats at most, and fail when anything is changed."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.circuits import Circuit
from compiler.machines.lag import published
from compiler.machines.lag.system import LagSystem, parse
from compiler.machines.machine import Machine
from proofs_check.kernel import NotWritable, lag_file, weights_text

COQ = Path(__file__).parents[2] / "proofs_check" / "coq"
TURING = ("Lag.v", "TuringMachine.v", "TuringToLag.v")
RAM = (
    *(
        "RamMachine.v",
        "RamTokens.v",
        "RamNumbers.v",
        "RamValues.v",
        "RamOperations.v",
        "RamDivision.v",
        "RamAddresses.v",
    ),
    *("RamInstruction.v", "RamSimulation.v", "RamPrompt.v"),
)
TRANSFORMER = ("Lag.v", "Transformer.v", "Many.v", "LagWindows.v", "LagDecoding.v", "Small.v")
FLOATS = {"add", "sub", "mul", "div", "eqb", "ltb", "float"}
"""The kernel's own operations on binary64, all that a theorem about weights may rest on."""

SMALL = parse("a b: c\nb c: a b\nc a: b\na a: a\nb a: c b\nc b: a\n")

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="NOT TESTED: there is no coqc (Debian: coq)")


def coqc(folder: Path, *files: str) -> tuple[bool, str]:
    """Whether all are accepted, in this order, and what Coq said of the last."""
    for file in files:
        done = subprocess.run(["coqc", "-Q", ".", "", file], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return False, done.stderr
    return True, done.stdout


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files that hold no weights, compiled, and those of a small system."""
    folder = tmp_path_factory.mktemp("coq")
    for file in COQ.glob("*.v"):
        shutil.copy(file, folder / file.name)
    (folder / "Small.v").write_text(lag_file(SMALL, "a test"))
    assert coqc(folder, *TURING, *RAM, *TRANSFORMER[1:-1])[0]
    return folder


def changed(compiled: Path, folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """A copy in which one file is changed, and so not yet compiled."""
    shutil.copytree(compiled, folder, dirs_exist_ok=True)
    text = (folder / file).read_text()
    assert change(text) != text
    (folder / file).write_text(change(text))
    return folder


@needs_coq
def test_the_proofs_are_accepted_and_rest_on_no_axiom(compiled: Path) -> None:
    theorems = ("simulates_step", "simulates_run", "halts_with", "halts_iff")
    theorems += ("simulates", "simulates_runs", "prompt_stands", "decoding_runs_the_program")
    (compiled / "Asked.v").write_text(
        "Require Import TuringToLag RamSimulation RamPrompt.\n" + "".join(f"Print Assumptions {t}.\n" for t in theorems)
    )
    accepted, said = coqc(compiled, "Asked.v")
    assert accepted and said.splitlines() == ["Closed under the global context"] * len(theorems)
    for file in COQ.glob("*.v"):
        assert not re.search(r"\b(Admitted|admit|Axiom|Parameter|Conjecture)\b", file.read_text()), file


@needs_coq
def test_a_transformer_is_its_lag_system_and_that_rests_on_floats_alone(compiled: Path) -> None:
    accepted, said = coqc(compiled, "Small.v")
    assert accepted
    assert said.startswith("Axioms:") and set(re.findall(r"^(\w+) :", said, re.MULTILINE)) == FLOATS


def test_the_published_system_is_written_from_the_tensors() -> None:
    system = published()
    assert (COQ / "PublishedLag.v").read_text() == lag_file(system, "rules21.txt")


RULE_CHANGES = (
    ("Some [Cell Shift x]", "Some [Cell Gather x]"),
    ("Some [Head Shift next x]", "Some [Head Shift q x]"),
    ("Some [Edge Shift; Head Shift next blank]", "Some [Edge Shift; Head Shift next s]"),
    ("Some [Head Gather next y]", "Some [Head Gather next s]"),
    ("Some [Head Gather next blank; End]", "Some [Head Gather next blank]"),
    ("Some (written, MoveRight, _) => Some [Cell Gather written]", "Some (_, MoveRight, _) => Some [Cell Gather s]"),
    ("| End, Edge Shift => Some [Edge Gather]", "| End, Edge Shift => Some [Edge Shift]"),
    ("| Cell Shift _, Edge Gather => Some [End]", "| Cell Shift _, Edge Gather => None"),
    ("| [] => At [] next blank (written :: right c)", "| [] => At [] next blank (right c)"),
    ("| [] => At (written :: left c) next blank []", "| [] => At (left c) next blank []"),
)

RAM_CHANGES = (
    ("RamTokens.v", "tok fD (total - B * carry) carry", "tok fD (total - B * carry) 0"),
    ("RamTokens.v", "(sign (x w) + 1 - sign (y w)) 1", "(sign (x w) + 1 - sign (y w)) 0"),
    ("RamTokens.v", "negb (v =? s * (B - 1))", "negb (v =? s * B)"),
    ("RamTokens.v", "else last w (carried w - sign (x w) * g)", "else last w (carried w)"),
    ("RamTokens.v", "if (1 <? rows w)%nat then carried w", "if (0 <? rows w)%nat then carried w"),
    ("RamTokens.v", "* (1 - 2 * sign (x w))", ""),
    ("RamTokens.v", "tok f (distance - B * value (last_token w)) 0", "tok f distance 0"),
    ("RamTokens.v", "update (callers m) (2 + depth m) (pc m)", "update (callers m) (1 + depth m) (pc m)"),
    ("RamTokens.v", "++ [- (a / B ^ Z.of_nat (G - 1))]", "++ [a / B ^ Z.of_nat (G - 1)]"),
    ("RamTokens.v", "if reads then addressed w groups (memory m groups)", "if reads then addressed w groups (x w)"),
    ("RamMachine.v", "else result (x / (y mod B))", "else result (x / y)"),
    ("RamMachine.v", "Next (at_state (call + 1) others", "Next (at_state call others"),
    ("RamMachine.v", "jump_if ((0 <=? x) && (x <? y))", "jump_if (x <? y)"),
    ("RamMachine.v", "print (Character (iz i))", "print (Character (iy i))"),
)

WORD_CHANGES = (
    ("Transformer.v", "if 0 <? x then x else 0.", "if x <? 0 then x else 0."),
    ("Transformer.v", "if x =? 0 then 1 else if", "if x =? 0 then 0 else if"),
    ("Transformer.v", "(relu (dot (gate n) x) * dot (up n) x)", "(relu (dot (gate n) x) * dot (gate n) x)"),
    ("Transformer.v", "nth (n - 1 - j) (relative h)", "nth j (relative h)"),
    ("LagDecoding.v", "if more token then queue ++ [token]", "if more token then tl queue ++ [token]"),
    ("LagDecoding.v", "next_token T [a; b; last queue halt]", "next_token T [b; a; last queue halt]"),
)


@needs_coq
@pytest.mark.parametrize("before, after", RULE_CHANGES)
def test_a_changed_rule_is_refused(before: str, after: str, compiled: Path, tmp_path: Path) -> None:
    folder = changed(compiled, tmp_path, "TuringMachine.v", lambda text: text.replace(before, after, 1))
    assert coqc(folder, "TuringMachine.v")[0]
    assert not coqc(folder, "TuringToLag.v")[0]


@needs_coq
@pytest.mark.parametrize("file, before, after", WORD_CHANGES)
def test_a_changed_definition_is_refused(file: str, before: str, after: str, compiled: Path, tmp_path: Path) -> None:
    folder = changed(compiled, tmp_path, file, lambda text: text.replace(before, after, 1))
    assert not coqc(folder, *TRANSFORMER[TRANSFORMER.index(file) :])[0]


@needs_coq
@pytest.mark.parametrize("file, before, after", RAM_CHANGES)
def test_a_changed_token_or_instruction_is_refused(
    file: str, before: str, after: str, compiled: Path, tmp_path: Path
) -> None:
    folder = changed(compiled, tmp_path, file, lambda text: text.replace(before, after, 1))
    assert not coqc(folder, *RAM[RAM.index(file) :])[0]


def _nth(pattern: str, n: int, to: str) -> Callable[[str], str]:
    """Another text for the n-th place where the pattern is found."""

    def change(text: str) -> str:
        found = list(re.finditer(pattern, text))[n]
        return text[: found.start()] + found.expand(to) + text[found.end() :]

    return change


WEIGHT_CHANGES = {
    "a head looks at two places": _nth(r"neg_infinity; 0;", 0, "0; 0;"),
    "a head one place further": _nth(r"neg_infinity; 0; neg_infinity", 1, "0; neg_infinity; neg_infinity"),
    "a head copies another symbol": _nth(r"values := \[\[w 6 1\]", 0, "values := [[w 7 1]"),
    "a gate that opens too early": _nth(r"neuron_of \[w 1 \(-1\)", 0, r"neuron_of [w 1 0"),
    "a gate that does not open": _nth(r"neuron_of \[w 1 \(-1\)", 1, r"neuron_of [w 1 (-2)"),
    "a neuron that adds twice the wrong sign": _nth(r"\[w 1 1\] \[w 16 1\]", 0, "[w 1 1] [w 16 (-1)]"),
    "a neuron that writes to another wire": _nth(r"\[w 1 1\] \[w 17 1\]", 0, "[w 1 1] [w 16 1]"),
    "halt wins always": _nth(r"w 1 0x1\.0+p-1", 0, "w 1 2"),
    "halt wins never": _nth(r"w 1 0x1\.0+p-1", 0, "w 1 0"),
    "a rule that appends another symbol": _nth(r"\(1, 2, \[3\]\)", 0, "(1, 2, [2])"),
    "a rule less": _nth(r"\(1, 2, \[3\]\);", 0, ""),
}


@needs_coq
@pytest.mark.parametrize("change", WEIGHT_CHANGES.values(), ids=WEIGHT_CHANGES.keys())
def test_a_changed_weight_or_rule_is_refused(change: Callable[[str], str], compiled: Path, tmp_path: Path) -> None:
    assert not coqc(changed(compiled, tmp_path, "Small.v", change), "Small.v")[0]


def test_what_cannot_be_written_is_refused() -> None:
    circuit: Circuit[str] = Circuit("parity", ["a", "b"], max_tokens=2**10)
    (mean,) = circuit.mean("mean", b=circuit.feature("is b", lambda t: int(t == "b")))
    circuit.logit(mean, lambda t: int(t == "b"))
    with pytest.raises(NotWritable, match="relative"):
        weights_text(Machine("parity", circuit.vocabulary, circuit, frozenset({0})))


def test_every_rule_and_weight_is_in_the_file() -> None:
    text = lag_file(LagSystem((("a", "b", ("a",)), ("b", "a", ("b", "a")))), "two rules")
    assert text.count("neuron_of [") == 3 and "(1, 2, [1]);" in text and "(2, 1, [2; 1])" in text
    assert sorted(set(re.findall(r"w \d+ (\S+?)[;\]]", text))) == ["(-1)", "(-2)", "0x1.0000000000000p-1", "1"]
