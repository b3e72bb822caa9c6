"""The specialised engine against the indexed one: the same tokens, and the same errors, whatever the weights are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Form
from compiler.machines.machine import Machine
from compiler.machines.ptm import machine as ptm_machine
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram import Layout
from compiler.machines.ram import machine as ram_machine
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from interpreter.engines.indexed import IndexedEngine, IndexingError, NotIndexable
from interpreter.engines.specialised import Policy, SpecialisedEngine
from interpreter.engines.specialised.fragment import Fragment, Guard, Row, Step, Token
from interpreter.engines.specialised.joining import Exit, Tree, trees
from interpreter.engines.specialised.polynomials import number, variable
from interpreter.engines.specialised.specialisation import Specialisation
from interpreter.engines.specialised.state import Beginnings, hold
from interpreter.engines.specialised.values import FoundRows
from interpreter.strategies.ptm import ptm_programs
from interpreter.strategies.ram import ram_programs
from tests.engines import echo_machine
from tests.engines.test_indexed import damaged, damages

Numbers = npt.NDArray[np.int32]
SMALL = Layout(base=10, max_depth=5)
EAGER = Policy(after=5, thrift=0.0, patience=3, longest=25, batch=3, most=80, optimise=False)
"""Records wherever it can, which no run of use would."""


@st.composite
def loops(draw: st.DrawFn) -> RamProgram:
    """A few instructions on few cells, forty times over: what a fragment assumes is now right, now wrong."""
    body = []
    size = draw(st.integers(1, 8))
    cells, targets = st.integers(0, 6), st.integers(1, 3)
    written = (Opcode.ADD, Opcode.SUB, Opcode.MUL, Opcode.QUO, Opcode.REM, Opcode.SHR, Opcode.SHL, Opcode.LOAD)
    for k in range(size):
        opcode = draw(st.sampled_from((*written, Opcode.STORE, Opcode.JLT, Opcode.JEQ, Opcode.JIN, Opcode.OUTI)))
        x, y, z = draw(cells), draw(cells), draw(targets)
        if opcode in written:
            if opcode is Opcode.MUL and z == y or opcode is Opcode.SHL and z == x:
                z = z % 3 + 1
            body.append(Instruction(opcode, x, 0 if opcode is Opcode.SHR else y, z))
        elif opcode is Opcode.STORE:
            body.append(Instruction(opcode, x, y, z))
        elif opcode is Opcode.OUTI:
            body.append(Instruction(opcode, x))
        else:
            body.append(Instruction(opcode, x, y, SMALL.base // 2 + draw(st.integers(1, min(4, size - k)))))
    # Cell 0 counts, by cell 4, which is 1, up to cell 5. Operand 6 is a slot of the frame, which stays 0.
    code = [*body, Instruction(Opcode.ADD, 0, 4, 0), Instruction(Opcode.JLT, 5, 0, SMALL.base // 2 + 2)]
    code += [Instruction(Opcode.JMP, 0, 0, 0), Instruction(Opcode.HALT)]
    data = tuple((cell, draw(st.sampled_from((0, 1, 2, 3, 7, -4, 58, 990)))) for cell in range(1, 4))
    return RamProgram(SMALL, tuple(code), (*data, (4, 1), (5, 40)))


def emitted(engine: IndexedEngine, prompt: Numbers, budget: int | None) -> list[int | str]:
    """The tokens, and the message if it then stops with an error."""
    found: list[int | str] = []
    try:
        for chunk in engine.decode(prompt, budget):
            found += chunk.tolist()
    except IndexingError as error:
        found.append(str(error))
    return found


def assert_like_indexed(machine: Machine[Any], prompt: Numbers, budget: int | None, runs: int = 2) -> None:
    """More than one run: what has been recorded in one is used from the start in the next."""
    compare(SpecialisedEngine(machine, keep=False, policy=EAGER), prompt, budget, runs)


def compare(engine: SpecialisedEngine, prompt: Numbers, budget: int | None, runs: int = 2) -> None:
    """The code of the indexed engine is that of the specialised one, asked for each token."""
    expected = emitted(engine.indexed, prompt, budget)
    for _ in range(runs):
        assert emitted(engine, prompt, budget) == expected


@cache
def engine(form: Form = "stacked") -> SpecialisedEngine:
    return SpecialisedEngine(ram_machine(SMALL, form=form), keep=False, policy=EAGER)


def damaged_machine(places: list[tuple[int, int, float]]) -> Machine[Any]:
    whole = engine().machine
    changed = Machine(whole.name, whole.vocabulary, whole.circuit, whole.halting)
    changed.__dict__["weights"] = damaged(whole.weights, places)
    return changed


@settings(max_examples=5)
@given(loops())
def test_loops(program: RamProgram) -> None:
    compare(engine(), Prompt(program).numbers, 1000)


@settings(max_examples=2)
@given(loops())
def test_loops_in_the_looped_form(program: RamProgram) -> None:
    compare(engine("looped"), Prompt(program).numbers, 600)


@settings(max_examples=6)
@given(ram_programs(SMALL))
def test_random_programs(program: RamProgram) -> None:
    compare(engine(), Prompt(program).numbers, 300)


@settings(max_examples=5)
@given(loops(), damages)
def test_damaged_weights(program: RamProgram, places: list[tuple[int, int, float]]) -> None:
    changed = damaged_machine(places)
    try:
        assert_like_indexed(changed, Prompt(program).numbers, 500, runs=1)
    except NotIndexable:
        pass


@cache
def post_turing_engine() -> SpecialisedEngine:
    return SpecialisedEngine(ptm_machine(), keep=False, policy=EAGER)


@settings(max_examples=4)
@given(ptm_programs(10))
def test_the_post_turing_machine(program: PtmProgram) -> None:
    compare(post_turing_engine(), PtmPrompt(program).numbers, 300)


def test_a_machine_it_has_never_seen() -> None:
    assert_like_indexed(echo_machine.machine(), echo_machine.prompt([3, 7, 3, 9, 9, 1, 7, 3]), None)


COUNTING = RamProgram(
    SMALL,
    (Instruction(Opcode.ADD, 0, 1, 0), Instruction(Opcode.ADD, 2, 0, 2), Instruction(Opcode.JMP, 0, 0, 0)),
    ((1, 1),),
)


@pytest.mark.parametrize("budget", [0, 1, 257, 3000])
def test_budget(budget: int) -> None:
    compare(engine(), Prompt(COUNTING).numbers, budget)


def test_two_runs_in_turn() -> None:
    prompt = Prompt(COUNTING).numbers
    for one, other in zip(*(engine().decode(prompt, 4000) for _ in range(2)), strict=True):
        assert one.tolist() == other.tolist()


DOUBLING = RamProgram(SMALL, (Instruction(Opcode.ADD, 1, 1, 1), Instruction(Opcode.JMP, 0, 0, 0)), ((1, 1),))


def joined(program: RamProgram, size: int, machine: Machine[Any] | None = None) -> SpecialisedEngine:
    """The engine after runs of so many tokens, with its fragments joined as these went."""
    made = SpecialisedEngine(machine or engine().machine, keep=False, policy=replace(EAGER, optimise=True))
    prompt = Prompt(program).numbers
    for _ in range(3):
        emitted(made, prompt, size)
        made.settle()
    emitted(made, prompt, size)
    made.freeze()
    return made


@settings(max_examples=4)
@given(loops())
def test_joined_fragments(program: RamProgram) -> None:
    compare(joined(program, 900), Prompt(program).numbers, 1000, runs=1)


@settings(max_examples=3)
@given(loops(), damages)
def test_joined_fragments_of_damaged_weights(program: RamProgram, places: list[tuple[int, int, float]]) -> None:
    changed = damaged_machine(places)
    try:
        compare(joined(program, 500, changed), Prompt(program).numbers, 500, runs=1)
    except NotIndexable:
        pass


def test_joined_fragments_end_with_the_budget() -> None:
    made, prompt = joined(DOUBLING, 5000), Prompt(DOUBLING).numbers
    assert made.statistics.joined
    for budget in (0, 1, 257, 1023, 5000):
        compare(made, prompt, budget, runs=1)
    before = made.statistics.cold
    assert len(emitted(made, prompt, 5000)) == 5000
    assert made.statistics.cold - before < 500


def fragment(size: int) -> Fragment:
    """One that is only long."""
    return Fragment([], [Step(token=Token(0, 0, 0, 1, number(0.0), number(0.0))) for _ in range(size)], [0] * size, [])


def shape(tree: Tree) -> dict[int, Any]:
    return {below.n: shape(below) for below in tree.joined.values()}


def test_what_is_joined() -> None:
    """A loop of three becomes one stretch, which ends where it would come to itself; what is rare is not in it."""
    ways: list[Exit] = [(0, 2, None), (1, 1, (7, 1.0)), (2, 1, None), (2, 0, None)]
    counts = {(ways[0], 1): 1000, (ways[1], 2): 1000, (ways[2], 0): 999, (ways[3], 3): 1, ((-1, 0, None), 0): 1}
    fragments = [fragment(2) for _ in range(4)]
    [first, *others] = trees(fragments, counts, 100)
    assert shape(first) == {1: {2: {}}}
    assert first.longest(fragments) == 5
    assert 0 not in shape(others[0]) or not shape(others[1])
    assert not any(shape(tree) for tree in trees(fragments, counts, 0))
    assert not any(shape(tree) for tree in trees(fragments, {edge: 0 for edge in counts}, 100))
    long = [fragment(600) for _ in range(4)]
    assert max(tree.longest(long) for tree in trees(long, counts, 10_000)) <= 1000


STEADY = RamProgram(
    SMALL,
    (Instruction(Opcode.ADD, 1, 1, 2), Instruction(Opcode.SUB, 2, 1, 3), Instruction(Opcode.JMP, 0, 0, 0)),
    ((1, 1),),
)


def test_most_tokens_are_decoded_by_fragments() -> None:
    """All that is above would hold of an engine that never specialises anything."""
    made, prompt, before = engine(), Prompt(STEADY).numbers, 0
    for _ in range(2):
        before = made.statistics.cold
        tokens = emitted(made, prompt, 5000)
    assert len(tokens) == 5000
    assert made.statistics.cold - before < 500
    assert set(made.report()) >= {"fragments", "specialising_seconds", "failed_guards"}


def test_code_is_optimised_once_it_has_run() -> None:
    made = SpecialisedEngine(ram_machine(SMALL), keep=False, policy=replace(EAGER, optimise=True))
    prompt = Prompt(STEADY).numbers
    compare(made, prompt, 3000)
    assert not made.settle()
    before = made.statistics.compiled
    for _ in range(2):
        made.freeze()
        assert made.statistics.compiled == before + 1
    compare(made, prompt, 3000)
    assert made.statistics.compiled == before + 1


def test_the_groups_of_a_long_number_are_a_loop() -> None:
    """Numbers of up to a hundred groups, with no more tokens in all fragments than `EAGER` allows."""
    made, prompt = engine(), Prompt(DOUBLING).numbers
    compare(made, prompt, 5000, runs=4)
    before = made.statistics.cold
    assert len(emitted(made, prompt, 5000)) == 5000
    assert made.statistics.cold - before < 500


def test_where_fragments_begin_is_found_as_by_asking_each() -> None:
    """And so are the sums that alone keep four of them from it; one guard compares two variables."""
    state = engine().parts.state
    beginnings, entries = Beginnings(state), []
    one, *others = sorted(state.sums) + sorted(state.columns)[:3]
    for x, y in product(range(6), range(2)):
        equal = [Guard(variable(v).shifted(-float(n)), True) for v, n in ((one, x), (others[0], y))]
        entries.append([*equal, Guard(variable(others[1]) - variable(others[2]), False)])
        beginnings.add(Fragment(entries[-1], [], [], []))
    found = set()
    for x, y, z in product(range(8), range(3), range(3)):
        values = [0.0] * state.size
        values[one], values[others[0]], values[others[1]], values[others[2]] = x, y, z, 1.0
        failing = [{g.equated for g in entry if not hold([g], values)} for entry in entries]
        fits, wild = set() in failing, {one} if failing.count({one}) >= 4 else set()
        assert (beginnings.fits(values), beginnings.wild(values)) == (fits, wild)
        found.add((fits, bool(wild)))
    assert len(found) == 3


def test_recording_may_take_what_it_has_saved() -> None:
    made = SpecialisedEngine(engine().machine, keep=False, policy=replace(EAGER, thrift=3.0))
    made.begin(Prompt(STEADY).numbers.copy())
    assert made._subject is not None
    known = made._subject.specialised()
    known.statistics.seconds = 1.0
    waits = known.patience()
    assert waits >= 3 * 5_000_000
    known.statistics.cold = waits
    assert known.patience() == made.policy.patience
    known.statistics.cold, known.statistics.saved = 0, 1.5
    assert known.patience() == made.policy.patience
    known.statistics.saved = -1.5
    assert known.patience() > waits


LATE = RamProgram(
    SMALL,
    (
        Instruction(Opcode.ADD, 2, 3, 2),
        Instruction(Opcode.JEQ, 0, 4, SMALL.base // 2 + 3),
        Instruction(Opcode.ADD, 0, 1, 0),
        Instruction(Opcode.JMP, 0, 0, 0),
        Instruction(Opcode.ADD, 1, 1, 3),
        Instruction(Opcode.ADD, 0, 1, 0),
        Instruction(Opcode.JMP, 0, 0, 0),
    ),
    ((1, 1), (4, 60)),
)


def test_a_cell_that_is_written_late() -> None:
    """Cell 3 is read as 0 sixty times, where there is no row of its key, and is then entered by a fragment."""
    made, prompt = engine(), Prompt(LATE).numbers
    compare(made, prompt, 2000, runs=6)
    before = made.statistics.cold
    assert len(emitted(made, prompt, 2000)) == 2000
    assert made.statistics.cold - before < 500
    compare(joined(LATE, 2000), prompt, 2000)


def test_a_row_that_is_made_may_be_one_that_was_not_there() -> None:
    """Only of those whose keys differ for certain it is still known that they were not."""
    rows, x = FoundRows(), variable(5)
    read, near, far = (Row(0, (key,), default=7) for key in (x, x.shifted(1.0), variable(6)))
    for row, address in ((read, "%read"), (near, "%near"), (far, "%far")):
        rows.was_read(row, address)
    assert rows.readable(read) == "%read" and rows.there(read) is None
    before = rows.copy()
    rows.is_there(Row(0, (x,), None, entered=True), "%made")
    assert [rows.readable(row) for row in (read, near, far)] == ["%made", "%near", None]
    assert [before.readable(row) for row in (read, near, far)] == ["%read", "%near", "%far"]


def test_a_faster_indexed_engine_waits_for_more_tokens() -> None:
    made = SpecialisedEngine(engine().machine, keep=False, policy=replace(EAGER, thrift=3.0))
    made.begin(Prompt(STEADY).numbers.copy())
    assert made._subject is not None
    made._subject.tokens, made._subject.seconds = 20_000, 0.001
    known = made._subject.specialised()
    known.statistics.seconds = 1.0
    assert known.patience() >= 3 * 20_000_000 - 20_000


def test_what_has_become_hot_is_compiled_before_it_is_optimised() -> None:
    made = SpecialisedEngine(engine().machine, keep=False, policy=replace(EAGER, optimise=True))
    prompt = Prompt(DOUBLING).numbers
    for _ in range(8):
        emitted(made, prompt, 5000)
        if not made.settle():
            break
    assert made._subject is not None
    known = made._subject.specialised()
    assert known.fragments
    assert not known.code.is_worth_drafting(known.fragments)
    # As if a way out that has no code had been taken a million times.
    module = next(m for m in known.code._modules if any(_is_open(known, way) for way in m.exits))
    place = next(k for k, way in enumerate(module.exits) if _is_open(known, way))
    known.code.words[module.first + place] += 10**6
    assert known.code.is_worth_drafting(known.fragments)
    assert known.settle()
    assert module.exits[place] in known.code._hot
    assert not known.code.is_worth_drafting(known.fragments)


def _is_open(known: Specialisation, way: Exit) -> bool:
    """Whether it has no code, and could have."""
    return way[1] < len(known.fragments[way[0]].steps) and way not in known.code._hot
