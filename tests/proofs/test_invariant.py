"""Every local state of real runs is admissible: an instance of what the proofs are about."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given, settings

from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.ram.rules import next_token
from compiler.machines.ram.values import Number
from compiler.machines.ram.vocabulary import Family, Token
from interpreter.strategies.ram import ram_programs
from proofs_check.ram.cases import Case, cases, situation
from proofs_check.ram.invariant import Checked, admissible
from proofs_check.ram.observed import Observed, states
from proofs_check.ram.samples import every_case, prompts
from proofs_check.symbolic.points import Point

LAYOUTS = [Layout(base=10, max_depth=5), Layout(base=10, groups=3, max_depth=5), Layout(max_depth=5)]
UNREACHED = {Case(None, Family.CALL)}
"""The codec lets no CALL go where there is no instruction."""


def instance(state: Observed) -> tuple[Case, Token]:
    """The case of a state, and the next token of the instance of `situation` that it is; Dead if it is none."""
    local, n = state.local, state.position + 1
    case = Case(local.opcode, local.token.family)
    known: dict[str, int] = {
        "n": n,
        "start": state.position,
        "pc": local.pc,
        "y number": local.y_number,
        "z number": local.z_number,
        "depth": local.depth,
        "caller": local.caller,
        "value": local.token.value,
        "flag": local.token.flag,
        "before": local.before[0],
        "before that": local.before[1],
        "written": local.written,
        "rows": local.rows,
        "carried": local.carried,
    }
    for name, number in (("x", local.x), ("y", local.y)):
        known |= {f"{name}.top": number.top, f"{name}.sign": number.sign, f"{name}.top group": number[number.top]}
    for sign, (position, group) in enumerate(state.significant):
        known |= {f"significant{sign} at": position, f"significant{sign}": group}

    def draw(point: Point, name: str, low: int | None, high: int | None) -> int:
        value = known[name] if name in known else indexed(name)
        assert (low is None or low <= value) and (high is None or value <= high), (str(case), name, value)
        return value

    def indexed(name: str) -> int:
        """Of `x[…]` and the like: the index is a polynomial."""
        match = re.fullmatch(r"(x|y|digit)\[(.*)\]", name)
        assert match is not None, name
        index = match[2]
        for variable in sorted(known, key=len, reverse=True):
            index = index.replace(variable, str(known[variable]))
        held = {"x": local.x, "y": local.y, "digit": local.digits}[match[1]]
        return int(held[eval(index)])

    point = Point(draw)
    place = situation(local.layout, case, point)
    assert point.value(place.local.emitted) == local.emitted
    found = next_token(place.local)
    return case, Token(found.family, int(point.value(found.value)), found.flag)


def problems(state: Observed) -> list[str]:
    judge = Checked()
    admissible(state.local, judge)
    for number in (state.local.x, state.local.y):
        if not well_formed(number):
            judge.never(f"{number} is not canonical")
    return judge.wrong


def well_formed(number: Number) -> bool:
    groups = all(0 <= g < number.base for g in number.groups)
    return groups and number.sign in (0, 1) and (number.top == 0 or number[number.top] != number.fill)


def check(found: Iterator[Observed]) -> set[Case]:
    reached = set()
    for state in found:
        assert problems(state) == []
        case, token = instance(state)
        assert token == state.follows
        reached.add(case)
    return reached


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_states_of_runs_are_admissible_in_every_case(layout: Layout) -> None:
    rng = random.Random(1)
    reached: set[Case] = set()
    small = layout.base == 10
    for _ in range(8 if small else 1):
        for prompt in every_case(layout, rng):
            reached |= check(states(layout, prompt.tokens, 40))
    for prompt in islice(prompts(layout, seed=2), 40):
        reached |= check(states(layout, prompt.tokens, 150))
    assert reached <= {*cases(layout)} - UNREACHED
    assert not small or reached == {*cases(layout)} - UNREACHED


@given(ram_programs(LAYOUTS[0], max_groups=5))
@settings(deadline=None)
def test_states_of_random_programs_are_admissible(program: RamProgram) -> None:
    layout = LAYOUTS[0]
    check(states(layout, Prompt(program).tokens, 150))


def test_states_after_a_snapshot_are_admissible() -> None:
    layout = LAYOUTS[0]
    code = [Instruction(Opcode.HALT)] * 40
    code[25] = Instruction(Opcode.ADD, layout.first_local, 0, layout.first_local)
    code[26] = Instruction(Opcode.RET)
    code[31] = Instruction(Opcode.OUTI, layout.first_local)
    code[32] = Instruction(Opcode.RET)
    cells = (((0, 0), 99), ((0, 2), -1000), ((0, 3), 5))
    prompt = Prompt(RamProgram(layout, tuple(code)), snapshot=Snapshot(cells, (3, 30), 25))
    found = [*states(layout, prompt.tokens, 100)]
    check(states(layout, prompt.tokens, 100))
    assert [s.follows.family for s in found].count("RET") == 2 and found[-1].follows == Token(Family.HALT)


def test_other_states_are_not_admissible() -> None:
    """Each change of one number of a state that the invariant ties down is noticed for some state of its case."""
    layout = LAYOUTS[0]
    noticed: set[tuple[str, str]] = set()
    for prompt in every_case(layout, random.Random(3)):
        for state in states(layout, prompt.tokens, 40):
            local = state.local
            for name in ("emitted", "written", "rows", "address", "carried", "depth", "pc"):
                kept = getattr(local, name)
                setattr(local, name, kept + (1 if name == "rows" else 1000))
                if problems(state):
                    noticed.add((name, "begins" if local.begins else local.token.family))
                setattr(local, name, kept)
    assert {name for name, _ in noticed} >= {"emitted", "written", "rows", "address", "carried", "depth", "pc"}
    assert {("carried", "K"), ("carried", "Q"), ("rows", "SAME"), ("rows", "H"), ("written", "D")} <= noticed
