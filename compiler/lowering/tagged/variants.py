"""How a program has the library lowered, as far as that concerns a function of the library: kept between programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from compiler.language.checked import CheckedProgram
from compiler.language.syntax import Call
from compiler.language.walk import walk
from compiler.lowering.library import FAILURES, library
from compiler.lowering.tagged.objects import HOOKS
from compiler.lowering.tagged.raising import failure
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import Trap


@dataclass(frozen=True)
class Variant:
    """Stands for all programs with these flags, in the lowering of a function that asks for no others.

    flags, catches, raised: see `Survey`; a program whose `raised` is another cell has it placed there.
    """

    layout: Layout
    flags: frozenset[str]
    catches: bool
    raised: int
    hooks: frozenset[str] = frozenset()

    def failure(self, function: str, message: str) -> Trap | None:
        """See `Tagged`."""
        return failure(self.catches, function, message)

    def may_raise(self, function: str) -> bool:
        """See `Tagged`."""
        return function in raising(self.layout)

    def write_hook(self, function: str) -> None:
        """Raises AssertionError: what depends on the program is written by the program."""
        raise AssertionError(f"{function} depends on the program")

    def variant(self, flags: frozenset[str], raised: int) -> Variant:
        """See `Tagged`."""
        return Variant(self.layout, self.flags & flags, self.catches, raised)


@cache
def raising(layout: Layout) -> frozenset[str]:
    """The functions of the library that may leave an exception."""
    checked: CheckedProgram = library(layout, True)
    calls = {
        name: {node.function for node in walk(*info.definition.body) if isinstance(node, Call)}
        for name, info in checked.functions.items()
    }
    found = {name for name in calls if name.startswith("raise_") or name in HOOKS} - set(FAILURES)
    while True:
        more = {name for name, callees in calls.items() if callees & found} - found
        if not more:
            return frozenset(found)
        found |= more
