"""Random RAM programs and operands.

    from hypothesis import given
    from interpreter.strategies.ram import ram_programs

    @given(ram_programs(Layout(base=10, max_depth=5)))
    def test_mine(program): ...

The programs are valid but aimless: they loop, fault or halt. Run them with a budget.
"""

from __future__ import annotations

from hypothesis import strategies as st

from compiler.machines.ram.isa import Instruction, Layout, Opcode, Role
from compiler.machines.ram.program import RamProgram


def integers(base: int, max_groups: int = 8) -> st.SearchStrategy[int]:
    """Integers of 1 to `max_groups` groups and both signs, with many close to where a group begins or ends."""

    def near_power(groups: int) -> st.SearchStrategy[int]:
        return st.builds(
            lambda sign, offset: sign * (base**groups + offset), st.sampled_from([1, -1]), st.integers(-2, 2)
        )

    def of_size(groups: int) -> st.SearchStrategy[int]:
        return st.integers(-(base**groups), base**groups) | near_power(groups)

    return st.integers(-3, 3) | st.integers(0, max_groups).flatmap(of_size)


@st.composite
def instructions(draw: st.DrawFn, layout: Layout, number: int, size: int) -> Instruction:
    """A valid instruction `number` of a program of `size` instructions; it uses a few cells of each sort."""
    cells = [*range(4), *(layout.first_local + i for i in range(2)), layout.first_next]
    opcode = draw(st.sampled_from(Opcode))
    target = draw(st.integers(max(0, number - layout.base // 2), min(size, number + layout.base // 2) - 1))
    fields = []
    for role in opcode.roles:
        match role:
            case Role.READ | Role.WRITE:
                fields.append(draw(st.sampled_from(cells)))
            case Role.OFFSET:
                fields.append(target - number + layout.base // 2)
            case Role.HIGH:
                fields.append(target // layout.base)
            case Role.LOW:
                fields.append(target % layout.base)
            case Role.CHARACTER:
                fields.append(draw(st.integers(0, layout.base - 1)))
            case Role.UNUSED:
                fields.append(0)
    x, y, z = fields
    forbidden = {Opcode.MUL: y, Opcode.SHL: x}.get(opcode)
    if z == forbidden:
        z = (z + 1) % len(cells[:4])
    return Instruction(opcode, x, y, z)


@st.composite
def ram_programs(draw: st.DrawFn, layout: Layout, max_size: int = 12, max_groups: int = 4) -> RamProgram:
    """A program of up to `max_size` instructions and a HALT, and initial data near the cells it uses."""
    size = draw(st.integers(1, max_size)) + 1
    code = [draw(instructions(layout, number, size)) for number in range(size - 1)]
    cells = [*range(4), *draw(st.lists(st.integers(layout.base, layout.base + 5), max_size=2))]
    data = [(cell, draw(integers(layout.base, max_groups))) for cell in cells]
    entry = draw(st.integers(0, size - 1))
    return RamProgram(layout, (*code, Instruction(Opcode.HALT)), tuple(data), entry)


@st.composite
def arithmetic_programs(draw: st.DrawFn, layout: Layout, max_groups: int = 8) -> tuple[RamProgram, str]:
    """One arithmetic instruction on two random operands, its result printed; with the output that it must have."""
    opcode = draw(st.sampled_from([o for o in Opcode if o.roles[2] is Role.WRITE and o is not Opcode.LOAD]))
    x, y = draw(integers(layout.base, max_groups)), draw(integers(layout.base, max_groups))
    b, low = layout.base, y % layout.base
    if opcode in (Opcode.QUO, Opcode.REM) and low == 0:
        y, low = y + 1, 1
    result = {
        Opcode.ADD: x + y,
        Opcode.SUB: x - y,
        Opcode.MUL: x * low,
        Opcode.QUO: x // max(low, 1),
        Opcode.REM: x % max(low, 1),
        Opcode.SHR: x // b,
        Opcode.SHL: x * b + low,
    }[opcode]
    code = (Instruction(opcode, 0, 1, 2), Instruction(Opcode.OUTI, 2), Instruction(Opcode.HALT))
    return RamProgram(layout, code, ((0, x), (1, y))), str(result)
