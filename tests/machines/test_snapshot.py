"""A run that is cut anywhere and goes on from a snapshot emits the same tokens as one that is not cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.machines.ram import Layout, machine
from compiler.machines.ram.isa import Instruction, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import ENDS, Family, Token
from compiler.machines.saved import dumps, loads
from interpreter.strategies.ram import ram_programs
from tests.machines.test_ram import BUDGET, assert_transformer_continues

LAYOUT = Layout(base=10, max_depth=4)


def tokens_and_cut(prompt: Prompt, steps: int) -> tuple[list[Token], Snapshot | None]:
    """The tokens after the first `steps` instructions, and the snapshot there; None if the run ended before."""
    ram = Ram(prompt.layout)
    ram.load(prompt.tokens)
    snapshot, after = None, []
    run = ram.run()
    ended = 0
    while ended < steps:
        token = next(run, None)
        if token is None:
            return [], None
        ended += token.family in ENDS
    # The generator stands after its last token: one more lets it write the cell and move on.
    for token in run:
        if snapshot is None:
            cells = tuple((cell, int(value)) for cell, value in ram.memory.items())
            snapshot = Snapshot(cells, tuple(ram.calls), ram.pc)
        after.append(token)
        if len(after) > BUDGET:
            break
    return after, snapshot


@given(ram_programs(LAYOUT), st.integers(1, 20))
def test_going_on_from_a_snapshot(program: RamProgram, steps: int) -> None:
    after, snapshot = tokens_and_cut(Prompt(program), steps)
    if snapshot is None:
        return
    prompt, _ = loads(dumps(Prompt(program, snapshot=snapshot), machine(LAYOUT).weights.sha256()))
    assert_transformer_continues(prompt, after)


def test_going_on_with_many_cells() -> None:
    """More writes than one far jump brings the running sum back from."""
    program = RamProgram(LAYOUT, (Instruction(Opcode.OUTI, 3), Instruction(Opcode.HALT)))
    cells = tuple(((slot, -top), slot) for top in range(10) for slot in range(10)) * 2
    assert_transformer_continues(
        Prompt(program, snapshot=Snapshot(cells, (), 0)), [Token(Family.INT, 3), Token(Family.HALT)]
    )
