"""Which instructions of a program that may change itself are compiled, and what is assumed of them.

An instruction is compiled if a first run of a bounded length comes to it, or if one that is compiled leads to it. A
number of it is *assumed* if neither that run nor an instruction whose b is assumed writes to its cell. Any other is
read when the instruction is carried out. So only what writes through a b that is not assumed can change a number
that is, and that is what the compiled code looks out for: nothing of this is trusted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from compiler.front_ends.subleq.parts import SPECIAL

FIRST_RUN = 100_000
"""Instructions: a tenth of a second. The Forth of the documentation starts in 92,000."""


@dataclass(frozen=True)
class Instruction:
    """The one at cell `at`. A number is None if it is not assumed."""

    at: int
    a: int | None
    b: int | None
    c: int | None

    @property
    def reads(self) -> bool:
        """Whether the instruction reads from the input."""
        return self.a == SPECIAL

    @property
    def prints(self) -> bool:
        """Whether the instruction prints."""
        return self.b == SPECIAL

    @property
    def clears(self) -> bool:
        """Whether it subtracts a cell from itself: the result is 0, so that it always jumps."""
        return self.a == self.b and self.a is not None

    @property
    def jumps(self) -> bool:
        """Whether it may go on at c."""
        return not (self.reads or self.prints)

    @property
    def targets(self) -> Iterator[int]:
        """Where the run may go on, as far as that is known, besides the halt."""
        if not self.clears:
            yield self.at + 3
        if self.jumps and self.c is not None and self.c != SPECIAL:
            yield self.c

    @property
    def assumed(self) -> Iterator[int]:
        """The cells that must stay as they are."""
        numbers = (self.a, self.b, self.c if self.jumps else None)
        return (self.at + i for i, number in enumerate(numbers) if number is not None)


@dataclass(frozen=True)
class FirstRun:
    """What a run did: which cells it wrote to, and how often it went from the instruction at a cell to another."""

    written: Set[int] = frozenset()
    went: Mapping[int, Mapping[int, int]] = field(default_factory=dict)


def first_run(cells: Sequence[int], size: int, wrapped: Callable[[int], int], steps: int = FIRST_RUN) -> FirstRun:
    """The run without any input, up to so many instructions; it ends as well where one cannot be carried out."""
    memory = dict(enumerate(cells))
    written: set[int] = set()
    went: dict[int, Counter[int]] = defaultdict(Counter)
    at = 0
    for _ in range(steps):
        if not 0 <= at < size - 2:
            break
        a, b = memory.get(at, 0), memory.get(at + 1, 0)
        value = SPECIAL
        if a != SPECIAL and b != SPECIAL:
            value = wrapped(memory.get(b, 0) - memory.get(a, 0))
        if not (0 <= a < size or a == SPECIAL) or not (0 <= b < size or b == SPECIAL != a):
            break
        if b != SPECIAL:
            memory[b] = value
            written.add(b)
        if SPECIAL in (a, b) or value > 0:
            target = at + 3
        else:
            target = memory.get(at + 2, 0)
        went[at][target] += 1
        at = target
    return FirstRun(written, went)


@dataclass(frozen=True)
class Plan:
    """What is compiled: instructions by their cells. entries: where compiled code is entered by a number that the run
    computes, and how often the first run did so.
    """

    instructions: Mapping[int, Instruction] = field(default_factory=dict)
    entries: Mapping[int, int] = field(default_factory=dict)

    @property
    def assumed(self) -> Set[int]:
        """The cells that must stay as they are."""
        return {cell for instruction in self.instructions.values() for cell in instruction.assumed}

    @property
    def joins(self) -> Set[int]:
        """Where a run may come from elsewhere than the instruction before."""
        jumps = {one.c for one in self.instructions.values() if one.jumps and one.c not in (None, one.at + 3)}
        return {at for at in jumps if at is not None} | self.entries.keys()


MAX_ENTRIES = 100
"""The most frequent; each takes a constant."""


def plan(cells: Sequence[int], size: int, run: FirstRun, outside: bool = False) -> Plan:
    """What to compile of a program with these cells at first.

    size: of the memory; outside: a jump to what is no address halts, and is a jump to `SPECIAL` here.
    """
    written = set(run.written)
    while True:
        found = _reached(cells, size, run, written, outside)
        more = {one.b for one in found.values() if one.b is not None and not one.prints} - written
        if not more:
            break
        written |= more
    entries = Counter({one.c: 0 for one in found.values() if one.jumps and one.c is not None and one.c < one.at})
    for at, targets in run.went.items():
        if at in found and found[at].c is None:
            entries.update({target: times for target, times in targets.items() if target != at + 3})
    entries = Counter({at: times for at, times in entries.items() if at in found})
    return Plan(found, dict(entries.most_common(MAX_ENTRIES)))


def _reached(
    cells: Sequence[int], size: int, run: FirstRun, written: Set[int], outside: bool
) -> dict[int, Instruction]:
    """The instructions that the first run or another one comes to, if only these cells are written to.

    Where a or b is not assumed, only the first run says where an instruction leads to, if it came there: it may have
    been written to jump always.
    """
    found: dict[int, Instruction] = {}
    waiting = [0, *run.went]
    while waiting:
        at = waiting.pop()
        instruction = None if at in found else _instruction(cells, size, written, at, outside)
        if instruction is not None:
            found[at] = instruction
            if at not in run.went or None not in (instruction.a, instruction.b):
                waiting += instruction.targets
    return found


def _instruction(cells: Sequence[int], size: int, written: Set[int], at: int, outside: bool) -> Instruction | None:
    """The instruction at a cell; None if there is none, or a number that is assumed is wrong where it is used."""
    if at + 2 >= size:
        return None
    a, b, c = ((cells[i] if i < len(cells) else 0) if i not in written else None for i in range(at, at + 3))
    if outside and c is not None and not 0 <= c < size:
        c = SPECIAL
    one = Instruction(at, a, b, c)
    a_is_good = a is None or 0 <= a < size or (one.reads and b is not None)
    b_is_good = b is None or 0 <= b < size or (one.prints and not one.reads)
    c_is_good = c is None or 0 <= c < size or c == SPECIAL or not one.jumps
    return one if a_is_good and b_is_good and c_is_good else None
