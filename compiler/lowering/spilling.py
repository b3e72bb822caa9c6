"""Constants for which the global cells do not suffice: they lie in the heap, and are loaded where they are used.

While a program is lowered, such a constant has a number below 0 instead of a cell. When all is written it is known
which of them are used; those used most get the cells that are still free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from compiler.lowering.lines import ZERO, CapacityError, Line
from compiler.machines.ram.isa import Layout, Opcode, Role

_ROW = 64
"""Constants in a row of the table: the address of a row is in one cell, the place in it in another."""


def most_constants(layout: Layout) -> int:
    """More constants than a program can have: each of its global cells may hold one, or the address of a row."""
    return layout.first_local * (_ROW + 1)


def with_constants(
    lines: Sequence[Line],
    values: Sequence[int],
    free: Sequence[int],
    set_initial: Callable[[int, int], None],
    data: Callable[[Sequence[int]], int],
) -> tuple[list[Line], list[int]]:
    """The lines in which each constant is in a cell, and for each of the old ones, and the end, where it begins there.

    values: the constant with the number -1 - k is `values[k]`; free: global cells; set_initial: says what a cell holds
    at first; data: the heap address of initial data. Raises CapacityError if there are not even cells for the table.
    """
    uses = Counter(cell for line in lines if _lacks_cell(line) for cell in line.cells() if cell < 0)
    wanted = [number for number, _ in uses.most_common()]
    free = list(free)
    cells: dict[int, int] = {}
    loads: dict[int, tuple[int, int]] = {}
    temporaries: list[int] = []
    if len(wanted) > len(free):
        count = -(-len(wanted) // _ROW)
        if len(free) < 3 + _ROW + count:
            raise CapacityError("the program has more constants than there are cells for; use fewer, or a larger base")
        temporaries = [free.pop() for _ in range(3)]
        columns = [ZERO, *(free.pop() for _ in range(_ROW - 1))]
        rows = [free.pop() for _ in range(count)]
        in_table = wanted[len(free) :]
        table = data([values[-1 - number] for number in in_table])
        for i, cell in enumerate(columns):
            set_initial(cell, i) if i else None
        for i, cell in enumerate(rows):
            set_initial(cell, table + i * _ROW)
        loads = {number: (rows[i // _ROW], columns[i % _ROW]) for i, number in enumerate(in_table)}
        wanted = wanted[: len(free)]
    for number, cell in zip(wanted, free):
        set_initial(cell, values[-1 - number])
        cells[number] = cell
    return _rewritten(lines, cells, loads, temporaries)


def _rewritten(
    lines: Sequence[Line],
    cells: Mapping[int, int],
    loads: Mapping[int, tuple[int, int]],
    temporaries: Sequence[int],
) -> tuple[list[Line], list[int]]:
    written: list[Line] = []
    starts: list[int] = []
    for line in lines:
        starts.append(len(written))
        if _lacks_cell(line):
            operands = [line.x, line.y, line.z]
            for i, role in enumerate(line.opcode.roles):
                number = operands[i]
                if role is not Role.READ or number >= 0:
                    continue
                if number in loads:
                    row, column = loads[number]
                    written.append(
                        replace(line, opcode=Opcode.LOAD, x=row, y=column, z=temporaries[i], target=None, trap=None)
                    )
                    operands[i] = temporaries[i]
                else:
                    operands[i] = cells[number]
            line.x, line.y, line.z = operands
        written.append(line)
    return written, [*starts, len(written)]


def _lacks_cell(line: Line) -> bool:
    return line.x < 0 or line.y < 0 or line.z < 0
