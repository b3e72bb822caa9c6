"""What Coq's kernel checks: the files are accepted, rest on floats at most, and fail when anything is changed."""

import re
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import torch

from compiler.circuits import Circuit, relu
from compiler.machines.lag import machine as lag_machine
from compiler.machines.lag import published
from compiler.machines.lag.system import LagSystem, parse
from compiler.machines.lag.universal import universal as universal_lag
from compiler.machines.machine import Machine
from compiler.machines.own import load_machine
from compiler.machines.post import machine as post_machine
from compiler.machines.post import rules as post_rules
from compiler.machines.post import universal
from interpreter.export import NotExportable
from interpreter.export.coq import coq_file, weights_text
from interpreter.model.transformer import Transformer
from proofs_check.kernel import lag_file, post_file, universal_file
from tests.docs.transcripts import files
from tests.proofs.coq import accepted_after, compile_all, coqc

COQ = Path(__file__).parents[2] / "proofs_check" / "coq"
TURING = ("Lag.v", "TuringMachine.v", "TuringToLag.v", "UniversalTuring.v", "UniversalReading.v")
RAM_PARTS = "Machine Tokens Numbers Values Operations Division Addresses Instruction Simulation Prompt"
RAM = tuple(f"Ram{part}.v" for part in RAM_PARTS.split())
TRANSFORMER = ("Lag.v", "Transformer.v", "Offsets.v", "LagWindows.v", "LagDecoding.v", "LagCircuit.v", "Small.v")
POST = ("Transformer.v", "Offsets.v", "Post.v", "PostDecoding.v", "SmallPost.v")
FLOATS = {"add", "sub", "mul", "div", "eqb", "ltb", "float"}
"""The kernel's own operations on binary64, all that a theorem about weights may rest on."""

SMALL = parse("a b: c\nb c: a b\nc a: b\na a: a\nb a: c b\nc b: a\n")
SMALL_POST = post_rules.parse("p a: b q\np b: b p\nq a: a p\nq c: a q\n")

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="NOT TESTED: there is no coqc (Debian: coq)")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files that hold no weights, compiled, and those of a small system."""
    folder = tmp_path_factory.mktemp("coq")
    for file in COQ.glob("*.v"):
        shutil.copy(file, folder / file.name)
    (folder / "Small.v").write_text(lag_file(SMALL, "a test"))
    (folder / "SmallPost.v").write_text(post_file(SMALL_POST, "a test"))
    compile_all(folder, (*TURING, *RAM, *TRANSFORMER[1:-1], *POST[2:-1]))
    return folder


def refused(compiled: Path, folder: Path, file: str, change: Callable[[str], str]) -> bool:
    """Whether a file that nothing else needs is not accepted once it is changed."""
    return not accepted_after(change, compiled, folder, (file,), file, file)


@needs_coq
def test_the_proofs_are_accepted_and_rest_on_no_axiom(compiled: Path) -> None:
    theorems = ("simulates_step", "simulates_run", "halts_with", "halts_iff")
    theorems += ("universal_run", "universal_halts", "queue_is_read")
    theorems += ("simulates", "simulates_runs", "prompt_stands", "decoding_runs_the_program")
    (compiled / "Asked.v").write_text(
        "Require Import TuringToLag UniversalTuring UniversalReading RamSimulation RamPrompt.\n"
        + "".join(f"Print Assumptions {t}.\n" for t in theorems)
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


@needs_coq
def test_a_transformer_is_its_post_machine_in_every_window_and_that_rests_on_floats_alone(compiled: Path) -> None:
    accepted, said = coqc(compiled, "SmallPost.v")
    assert accepted
    assert said.startswith("Axioms:") and said.endswith("Closed under the global context\n")
    assert set(re.findall(r"^(\w+) :", said, re.MULTILINE)) == FLOATS


def test_the_universal_lag_system_is_written_from_the_tensors() -> None:
    assert (COQ / "UniversalLag.v").read_text() == lag_file(universal_lag(), "compiler.machines.lag.universal")
    assert (COQ / "UniversalTransformer.v").read_text() == universal_file()


def test_the_universal_post_machine_is_written_from_the_tensors() -> None:
    assert (COQ / "UniversalPost.v").read_text() == post_file(universal(), "compiler.machines.post.universal")


@pytest.mark.parametrize("window", [1, 2, 7])
def test_the_window_is_in_the_relative_biases_alone_as_the_file_says(window: int) -> None:
    ours, other = (post_machine(SMALL_POST, size).weights for size in (window, 64))
    for name, tensor in ours.tensors.items():
        if name != "layers.0.relative":
            assert (tensor == other.tensors[name]).all()
    (biases,) = ours.tensors["layers.0.relative"]
    assert list(biases) == [-float("inf")] * (window - 1) + [0, -float("inf")]


def replacing(before: str, after: str) -> Callable[[str], str]:
    """Another text in the place of the first of one."""
    return lambda text: text.replace(before, after, 1)


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

# Which file is changed, in which the trouble comes out, and the change.
RAM_CHANGES = (
    ("RamTokens.v", "RamValues.v", "tok fD (total - B * carry) carry", "tok fD (total - B * carry) 0"),
    ("RamTokens.v", "RamInstruction.v", "(sign (x w) + 1 - sign (y w)) 1", "(sign (x w) + 1 - sign (y w)) 0"),
    ("RamTokens.v", "RamNumbers.v", "negb (v =? s * (B - 1))", "negb (v =? s * B)"),
    ("RamTokens.v", "RamOperations.v", "else last w (carried w - sign (x w) * g)", "else last w (carried w)"),
    ("RamTokens.v", "RamDivision.v", "if (1 <? rows w)%nat then carried w", "if (0 <? rows w)%nat then carried w"),
    ("RamTokens.v", "RamInstruction.v", "* (1 - 2 * sign (x w))", ""),
    ("RamTokens.v", "RamInstruction.v", "tok f (distance - B * value (last_token w)) 0", "tok f distance 0"),
    (
        "RamTokens.v",
        "RamInstruction.v",
        "update (callers m) (2 + depth m) (pc m)",
        "update (callers m) (1 + depth m) (pc m)",
    ),
    ("RamTokens.v", "RamValues.v", "++ [- (a / B ^ Z.of_nat (G - 1))]", "++ [a / B ^ Z.of_nat (G - 1)]"),
    (
        "RamTokens.v",
        "RamAddresses.v",
        "if reads then addressed w groups (memory m groups)",
        "if reads then addressed w groups (x w)",
    ),
    ("RamMachine.v", "RamInstruction.v", "else result (x / (y mod B))", "else result (x / y)"),
    ("RamMachine.v", "RamInstruction.v", "Next (at_state (call + 1) others", "Next (at_state call others"),
    ("RamMachine.v", "RamInstruction.v", "jump_if ((0 <=? x) && (x <? y))", "jump_if (x <? y)"),
    ("RamMachine.v", "RamInstruction.v", "print (Character (iz i))", "print (Character (iy i))"),
)

WORD_CHANGES = (
    ("Transformer.v", "LagCircuit.v", "if 0 <? x then x else 0.", "if x <? 0 then x else 0."),
    ("Transformer.v", "Offsets.v", "if x =? 0 then 1 else if", "if x =? 0 then 0 else if"),
    (
        "Transformer.v",
        "Transformer.v",
        "(relu (dot (gate n) x) * dot (up n) x)",
        "(relu (dot (gate n) x) * dot (gate n) x)",
    ),
    ("Transformer.v", "Offsets.v", "nth (n - 1 - j) (relative h)", "nth j (relative h)"),
    ("LagCircuit.v", "LagCircuit.v", "if second_time u then -2 else -1", "if second_time u then -1 else -1"),
    (
        "LagCircuit.v",
        "LagCircuit.v",
        "(first_at (first_symbol u), 1); (second_at",
        "(first_at (second_symbol u), 1); (second_at",
    ),
    ("LagDecoding.v", "LagDecoding.v", "if more token then queue ++ [token]", "if more token then tl queue ++ [token]"),
    ("LagDecoding.v", "LagDecoding.v", "next_token T [a; b; last queue halt]", "next_token T [b; a; last queue halt]"),
)


@needs_coq
@pytest.mark.parametrize("before, after", RULE_CHANGES)
def test_a_changed_rule_is_refused(before: str, after: str, compiled: Path, tmp_path: Path) -> None:
    change = replacing(before, after)
    assert not accepted_after(change, compiled, tmp_path, TURING, "TuringMachine.v", "TuringToLag.v")


@needs_coq
@pytest.mark.parametrize("file, where, before, after", WORD_CHANGES)
def test_a_changed_definition_is_refused(
    file: str, where: str, before: str, after: str, compiled: Path, tmp_path: Path
) -> None:
    assert not accepted_after(replacing(before, after), compiled, tmp_path, TRANSFORMER, file, where)


U_CHANGES = (
    ("| Seek, Semicolon => Some (Here, MoveRight, ToEnd)", "| Seek, Semicolon => Some (Semicolon, MoveRight, ToEnd)"),
    ("| AtEnd, Z => Some (Blank, MoveLeft, Skips)", "| AtEnd, Z => Some (Blank, MoveLeft, Does)"),
    ("| AtEnd, Finish => Some (Finish, MoveLeft, Does)", "| AtEnd, Finish => None"),
    ("| AtLeft, Begin => Some (Begin, MoveRight, CarryO)", "| AtLeft, Begin => Some (Begin, MoveRight, CarryZ)"),
    ("| Rewind, Begin => Some (Begin, MoveRight, Seek)", "| Rewind, Begin => Some (Begin, MoveRight, Reads)"),
    ("repeat Z (2 * r)\n    | Some (b, MoveLeft, r)", "repeat Z r\n    | Some (b, MoveLeft, r)"),
    ("| None => [Finish]", "| None => []"),
)


@needs_coq
@pytest.mark.parametrize("before, after", U_CHANGES)
def test_a_changed_universal_machine_is_refused(before: str, after: str, compiled: Path, tmp_path: Path) -> None:
    assert refused(compiled, tmp_path, "UniversalTuring.v", replacing(before, after))


@needs_coq
@pytest.mark.parametrize("file, where, before, after", RAM_CHANGES)
def test_a_changed_token_or_instruction_is_refused(
    file: str, where: str, before: str, after: str, compiled: Path, tmp_path: Path
) -> None:
    assert not accepted_after(replacing(before, after), compiled, tmp_path, RAM, file, where)


@needs_coq
@pytest.mark.parametrize("order, file, where", [(RAM, RAM[0], "RamInstruction.v"), (POST, POST[0], POST[-2])])
def test_a_change_that_does_not_matter_is_accepted(
    order: tuple[str, ...], file: str, where: str, compiled: Path, tmp_path: Path
) -> None:
    """As in the tests around it, which could not tell a change that is refused from files that do not fit."""
    unused = replacing("Require Import", "Definition unused := true.\nRequire Import")
    assert accepted_after(unused, compiled, tmp_path, order, file, where)


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
    assert refused(compiled, tmp_path, "Small.v", change)


POST_WORD_CHANGES = (
    ("Post.v", "PostDecoding.v", "Some (r, rest ++ [b])", "Some (q, rest ++ [b])"),
    ("Post.v", "PostDecoding.v", "Some (r, rest ++ [b])", "Some (r, b :: rest)"),
    ("PostDecoding.v", "PostDecoding.v", "Goes (tl (seen ++ [token]))", "Goes (seen ++ [token])"),
    ("PostDecoding.v", "PostDecoding.v", "repeat neg_infinity (window - 1)", "repeat neg_infinity window"),
    ("PostDecoding.v", "PostDecoding.v", "repeat neg_infinity (window - 1)", "repeat 0%float (window - 1)"),
    ("PostDecoding.v", "PostDecoding.v", "(state_of (last seen halt), map", "(state_of (hd halt seen), map"),
    (
        *("Transformer.v", "Offsets.v"),
        "if x =? 0 then 1 else if x =? neg_infinity then 0",
        "if x =? 0 then 1 else if x =? neg_infinity then 1",
    ),
    ("Transformer.v", "Offsets.v", "map (fun power => power / total) powers", "map (fun power => power / most) powers"),
)

POST_CHANGES = {
    "a head one place nearer": _nth(r"neg_infinity; 0; neg_infinity", 0, "0; neg_infinity; neg_infinity"),
    "a head looks at two places": _nth(r"neg_infinity; 0; neg_infinity", 0, "0; 0; neg_infinity"),
    "a head copies another symbol": _nth(r"values := \[\[w 8 1\]", 0, "values := [[w 9 1]"),
    "a head writes elsewhere": _nth(r"outputs := \[\[w 11 1\]", 0, "outputs := [[w 12 1]"),
    "a gate that opens too early": _nth(r"neuron_of \[w 1 \(-1\)", 0, "neuron_of [w 1 0"),
    "a gate that does not open": _nth(r"neuron_of \[w 1 \(-1\)", 1, "neuron_of [w 1 (-2)"),
    "a gate for another state": _nth(r"neuron_of \[w 1 \(-1\); w 6 1", 0, "neuron_of [w 1 (-1); w 7 1"),
    "a neuron of the wrong sign": _nth(r"\[w 1 1\] \[w 15 1;", 0, "[w 1 1] [w 15 (-1);"),
    "a neuron that enters no state": _nth(r"\[w 1 1\] \[w (\d+) 1; w \d+ 1\]", 0, r"[w 1 1] [w \1 1]"),
    "halt wins always": _nth(r"w 1 0x1\.0+p-1", 0, "w 1 3"),
    "halt wins never": _nth(r"w 1 0x1\.0+p-1", 0, "w 1 0"),
    "a position is read": _nth(r"the_unembedding : list row :=\n  \[\[", 0, r"the_unembedding : list row := [[w 2 1; "),
    "a token of another state": _nth(r"\[w 6 1; w 8 1\]", 0, "[w 7 1; w 8 1]"),
    "a rule that appends another symbol": _nth(r"\(0, 0, 1, 1\)", 0, "(0, 0, 0, 1)"),
    "a rule that comes to another state": _nth(r"\(0, 0, 1, 1\)", 0, "(0, 0, 1, 0)"),
    "a rule less": _nth(r"\(0, 0, 1, 1\);", 0, ""),
}


@needs_coq
@pytest.mark.parametrize("file, where, before, after", POST_WORD_CHANGES)
def test_a_changed_definition_of_post_is_refused(
    file: str, where: str, before: str, after: str, compiled: Path, tmp_path: Path
) -> None:
    assert not accepted_after(replacing(before, after), compiled, tmp_path, POST, file, where)


@needs_coq
@pytest.mark.parametrize("change", POST_CHANGES.values(), ids=POST_CHANGES.keys())
def test_a_changed_weight_or_rule_of_post_is_refused(
    change: Callable[[str], str], compiled: Path, tmp_path: Path
) -> None:
    assert refused(compiled, tmp_path, "SmallPost.v", change)


def shift_register(offset: int = 2) -> Machine[str]:
    """1 where the last token and the one so far back differ; halts after three ones."""
    tokens = ["halt", "0", "1"]
    c: Circuit[str] = Circuit("shift register", tokens)
    one = c.feature("is 1", lambda t: int(t == "1"))
    (back,) = c.offset("back", offset, one=one)
    (before,) = c.offset("before", 1, one=one)
    differ = c.wire("differ", relu(one - back) + relu(back - one))
    c.logit(2 * c.wire("halts", relu(one + back + before - 2)), lambda t: int(t == "halt"))
    c.logit(differ, lambda t: int(t == "1"))
    c.logit(c.one / 2, lambda t: int(t == "0"))
    return Machine("shift register", tokens, c, frozenset({0}))


@needs_coq
def test_any_machine_with_fixed_offsets_is_written_and_every_changed_table_refused(
    compiled: Path, tmp_path: Path
) -> None:
    text = coq_file(shift_register())
    (compiled / "Own.v").write_text(text)
    accepted, said = coqc(compiled, "Own.v")
    assert accepted and set(re.findall(r"^(\w+) :", said, re.MULTILINE)) == FLOATS
    changes: tuple[Callable[[str], str], ...] = (
        _nth(r"results : list N := \[(\d)", 0, r"results : list N := [1\1"),
        _nth(r"distances : list nat := \[1; ", 0, "distances : list nat := [0; "),
        _nth(r"alike_last : list N := \[0; 0; 2\]", 0, "alike_last : list N := [0; 0; 0]"),
        _nth(r"\(2%nat, \[0; 0; 2\]\)", 0, "(2%nat, [0; 0; 0])"),
        _nth(r"neg_infinity; neg_infinity; 0;", 0, "neg_infinity; 0; 0;"),
    )
    for number, change in enumerate(changes):
        assert refused(compiled, tmp_path / str(number), "Own.v", change), number


@needs_coq
def test_the_machine_of_the_page_is_accepted(compiled: Path, tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "explanations" / "kernel.md"
    (tmp_path / "shift.py").write_text(files(page)["shift.py"])
    (compiled / "Shift.v").write_text(coq_file(load_machine(f"{tmp_path / 'shift.py'}:machine")))
    assert coqc(compiled, "Shift.v")[0]


def test_the_table_of_windows_is_what_the_transformer_decodes() -> None:
    machine = shift_register()
    text = coq_file(machine)
    results = list(map(int, re.findall(r"results : list N := \[(.*)\]", text)[0].split("; ")))
    model = Transformer(machine.weights)
    windows = [(last, *found) for last in (0, 2) for found in product((None, 0, 2), (None, 0, 2))]
    assert len(windows) == len(results)
    for (last, before, back), result in zip(windows, results):
        if before is not None:
            trace = [t for t in (back, before, last) if t is not None]
            assert int(model(torch.tensor(trace))[-1].argmax()) == result


def test_machines_of_other_patterns_and_of_too_many_windows_are_not_written() -> None:
    tied: Circuit[str] = Circuit("tied", ["a", "b"])
    (back,) = tied.offset("back", 1, b=tied.feature("is b", lambda t: int(t == "b")))
    tied.logit(tied.wire("same", relu(back)), lambda t: 1)
    with pytest.raises(NotExportable, match="two tokens whose logits are largest"):
        coq_file(Machine("tied", ["a", "b"], tied, frozenset()))
    with pytest.raises(NotExportable, match=r"windows of tokens that look different"):
        coq_file(lag_machine(published()))
    placed: Circuit[str] = Circuit("placed", ["a", "b"])
    (back,) = placed.offset("back", 1, b=placed.feature("is b", lambda t: int(t == "b")))
    placed.logit(placed.wire("after", relu(back + placed.position)), lambda t: int(t == "b"))
    with pytest.raises(NotExportable, match="a position is read"):
        coq_file(Machine("placed", ["a", "b"], placed, frozenset()))


def test_what_cannot_be_written_is_refused() -> None:
    circuit: Circuit[str] = Circuit("parity", ["a", "b"], max_tokens=2**10)
    (mean,) = circuit.mean("mean", b=circuit.feature("is b", lambda t: int(t == "b")))
    circuit.logit(mean, lambda t: int(t == "b"))
    with pytest.raises(NotExportable, match="relative"):
        weights_text(Machine("parity", circuit.vocabulary, circuit, frozenset({0})).weights)


def test_every_rule_and_weight_is_in_the_file() -> None:
    text = lag_file(LagSystem((("a", "b", ("a",)), ("b", "a", ("b", "a")))), "two rules")
    assert text.count("neuron_of [") == 3 and "(1, 2, [1]);" in text and "(2, 1, [2; 1])" in text
    assert sorted(set(re.findall(r"w \d+ (\S+?)[;\]]", text))) == ["(-1)", "(-2)", "0x1.0000000000000p-1", "1"]
