"""Formulas about the specification's runs: cost to the token, and two-counter machines step by step."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from compiler.machines.ram.prompt import Prompt
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import ENDS
from proofs_check.ram.cost import Lengths, constant, count
from proofs_check.ram.local import INDIRECT, Local
from proofs_check.ram.observed import states
from proofs_check.ram.samples import prompts
from proofs_check.ram.universality import Decrement, Increment, run, translate


def lengths(first: Local, last: Local, tokens: list[str]) -> Lengths:
    """What the cost formula needs, read off an instruction's first and last state."""
    opcode = first.opcode
    x = last.x.top + 1 if opcode in INDIRECT else first.x.top + 1
    y = first.y.top + 1
    extra = len(tokens) - max(x, y) if opcode in (Opcode.ADD, Opcode.SUB) else int(tokens[-2:-1] != ["K"])
    return Lengths(x, y, extra, tokens.count("SAME"), tokens.count("F"))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_cost_formula_to_the_token(seed: int) -> None:
    layout = Layout(base=10, max_depth=5)
    begun: Local | None = None
    emitted: list[str] = []
    for state in states(layout, next(prompts(layout, seed)).tokens, 300):
        # The specification's state changes as it goes on.
        local, token = state.local, state.follows
        if local.begins:
            begun, emitted = local, []
        emitted.append(token.family)
        if token.family not in ENDS or begun is None or begun.opcode is None:
            continue
        n = lengths(begun, local, emitted)
        assert count(begun.opcode, layout, n) == len(emitted)
        assert 0 <= n.extra <= 1 and n.same < n.x and n.far <= 1
        assert len(emitted) <= constant(layout) * (1 + n.x + n.y)
        if begun.opcode in COMPARISONS:
            assert n.same <= min(n.x, n.y) - 1


addresses = st.integers(0, 6)
instruction = st.one_of(
    st.builds(Increment, st.sampled_from([0, 1]), addresses),
    st.builds(Decrement, st.sampled_from([0, 1]), addresses, addresses),
)


@given(st.lists(instruction, min_size=1, max_size=6), st.tuples(st.integers(0, 30), st.integers(0, 30)))
@settings(max_examples=60)
def test_two_counter_machines_are_simulated_step_by_step(
    program: list[Increment | Decrement], counters: tuple[int, int]
) -> None:
    layout = Layout(base=10)
    expected = list(run(program, counters, 30))
    ram = Ram(layout)
    ram.load(Prompt(translate(program, counters, layout)).tokens)
    found: list[tuple[int, int, int]] = []
    for token in ram.run():
        if ram.local.begins and ram.pc % 4 == 0:
            found.append((ram.pc // 4, int(ram.read((0, 0))), int(ram.read((1, 0)))))
        if token.family in ("HALT", "FAULT") or len(found) == len(expected):
            break
    assert found == [(min(at, len(program)), a, b) for at, a, b in expected]
