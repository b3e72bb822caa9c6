"""What a program that may change itself provably leaves as it is, so that it need not be interpreted.

An instruction is *fixed* if no fixed instruction writes to its b or c. Its a may be written to: that is how such
programs follow pointers. From fixed instructions the run only comes to fixed ones, or to one that is not, from
where on it is interpreted; until then nothing has been written but to the cells that fixed instructions name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compiler.front_ends.subleq.parts import SPECIAL


@dataclass(frozen=True)
class Fixed:
    """An instruction at cell `at`; a is None if it is to be read when the instruction is carried out."""

    at: int
    a: int | None
    b: int
    c: int

    @property
    def reads(self) -> bool:
        """Whether the instruction reads from the input."""
        return self.a == SPECIAL

    @property
    def prints(self) -> bool:
        """Whether the instruction prints."""
        return self.b == SPECIAL

    @property
    def always_jumps(self) -> bool:
        """Whether it subtracts a cell from itself: the result is 0, so that it always jumps."""
        return self.a == self.b

    @property
    def targets(self) -> Iterator[int]:
        """Where the run may go on, besides the halt."""
        if not self.always_jumps:
            yield self.at + 3
        if not (self.reads or self.prints) and self.c != SPECIAL:
            yield self.c


def fixed_instructions(cells: Sequence[int], size: int, outside: bool = False) -> Mapping[int, Fixed]:
    """The fixed instructions that a run from cell 0 may come to, by their cells.

    size: of the memory; outside: a jump to what is no address halts, and is a jump to `SPECIAL` here.
    """
    written: set[int] = set()
    while True:
        found = _reached(cells, size, written, outside)
        more = {instruction.b for instruction in found.values() if not instruction.prints} - written
        if not more:
            return found
        written |= more


def _reached(cells: Sequence[int], size: int, written: set[int], outside: bool) -> dict[int, Fixed]:
    """The instructions that are fixed if no other cells are written to."""
    found: dict[int, Fixed] = {}
    waiting = [0]
    while waiting:
        at = waiting.pop()
        instruction = None if at in found else _fixed(cells, size, written, at, outside)
        if instruction is not None:
            found[at] = instruction
            waiting += instruction.targets
    return found


def _fixed(cells: Sequence[int], size: int, written: set[int], at: int, outside: bool) -> Fixed | None:
    """The instruction at a cell; None if it is not fixed, or one of its numbers is wrong where it is used."""
    if at + 2 >= size or at + 1 in written or at + 2 in written:
        return None
    first, b, c = (cells[i] if i < len(cells) else 0 for i in range(at, at + 3))
    c = SPECIAL if outside and not 0 <= c < size else c
    instruction = Fixed(at, None if at in written else first, b, c)
    a_is_good = instruction.a is None or 0 <= instruction.a < size or instruction.reads
    b_is_good = 0 <= b < size or (instruction.prints and not instruction.reads)
    c_is_good = 0 <= c < size or c == SPECIAL or instruction.reads or instruction.prints
    return instruction if a_is_good and b_is_good and c_is_good else None
