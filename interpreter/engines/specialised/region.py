"""Fragments as LLVM code, a function each, joined where one ends in a state in which another begins.

Within a fragment the slots of the state are names of numbers; they are written to memory where the fragment is left. A
guard that fails leaves the state as it was before the token of that step.

Fragments jump to each other by calls in their last place, and return to `drive` the number of the label where that goes
on. One large function would take LLVM more time in proportion. Where the function of a fragment is, is looked up
in `counts`: so a module need not have all of them, and any can be put in the place of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

from interpreter.engines.indexed.memory import Table
from interpreter.engines.specialised.body import Body
from interpreter.engines.specialised.directory import Directory, Fixed
from interpreter.engines.specialised.drive import (
    ARGUMENTS,
    ASIDE,
    CALL,
    FAILED,
    LOCAL_SCRATCH,
    NO_ROOM,
    PASSED,
)
from interpreter.engines.specialised.joining import RARE, Edge, Exit, Tree, trees
from interpreter.engines.specialised.policy import FUNCTIONS, Shared
from interpreter.engines.specialised.polynomials import Polynomial
from interpreter.engines.specialised.state import StateVariables
from interpreter.engines.specialised.support import Entries, finders, restore
from interpreter.engines.specialised.tokens import Columns
from interpreter.engines.specialised.values import Values


class Region:
    """The text of a module.

    Attributes:
        hot: the ways out that are worth code of their own, which goes straight on to another fragment.
        trees: each fragment with what is joined to it; roots: those that this module has.
        exits: where these fragments are left with nothing that goes straight on; edges: what code that counts counts
            after these.
        fixed: of all modules.
    """

    def __init__(
        self,
        state: StateVariables,
        tables: Sequence[Table],
        shapes: Columns,
        directory: Directory,
        fixed: Fixed,
        first: int,
    ) -> None:
        """first: where in the shared words the counts of this module begin."""
        self.state, self.tables, self.shapes, self.fragments = state, tables, shapes, directory.fragments
        self.directory, self.fixed, self.first = directory, fixed, first
        self.hot: Set[Exit] = frozenset()
        self.counting = True
        self.trees: list[Tree] = []
        self.roots: Sequence[int] = ()
        self.exits: list[Exit] = []
        self.edges: list[Edge] = []
        self.width = state.weights.width
        self.lines: list[str] = []
        self._current = -1
        self._lists: list[Entries] = []
        self._names = 0

    # ----------------------------------------------------------------------------------------- the whole

    def draft(self, roots: Sequence[int], hot: Set[Exit]) -> str:
        """Code for these fragments, which counts where each goes on."""
        self.trees, self.roots, self.hot = [Tree(n) for n in range(len(self.fragments))], roots, hot
        return self._text()

    def optimised(self, counts: Mapping[Edge, int], hot: Set[Exit]) -> str:
        """Code for those that are begun often when they are joined as the counts say."""
        self.trees = trees(self.fragments, counts, sum(len(f.steps) for f in self.fragments))
        self.roots, self.hot = [tree.n for tree in self.trees if tree.share >= RARE], hot
        self.counting = False
        return self._text()

    def _text(self) -> str:
        for n in self.roots:
            self._function(self.trees[n])
        body = "\n".join(self.lines).replace("EDGES", str(self.first + len(self.exits)))
        declared = "declare double @llvm.floor.f64(double)"
        return "\n".join([declared, finders(self.tables), restore(self._lists), body, "!0 = !{}"])

    def _function(self, tree: Tree) -> None:
        self._current = n = tree.n
        passed = [f"double %a{k}" for k in range(PASSED)]
        self.add(f"define {CALL} i64 @f{n}({', '.join([*ARGUMENTS, *passed])}) {{")
        self.add("entry:")
        self.add("%i = alloca i64")
        self.add("%restored = alloca i64")
        self.add("store i64 %here, ptr %i")
        self.add(f"%scratch = getelementptr inbounds i64, ptr %local, i64 {LOCAL_SCRATCH}")
        for k, v in enumerate(self.directory.handed[n]):
            self.add(f"{self.hand(v)} = alloca double")
            x = f"%a{k}"
            if k >= PASSED:
                x = self.let(f"load double, ptr {self.at('%scratch', str(k - PASSED), 'double')}")
            self.add(f"store double {x}, ptr {self.hand(v)}")
        self.add(f"br label %f{n}")
        Body(self, tree).write()
        self.add("restore:")
        which = self.let("load i64, ptr %restored")
        self.add(f"call void @restore(ptr %words, ptr %scratch, i64 {which})")
        self.count_exit(which)
        self.add("br label %aside")
        returned = {"aside": ASIDE, "no_room": NO_ROOM} | {f"no{m}": FAILED + m for m in tree.everyone()}
        for label, number in returned.items():
            self.add(f"{label}:")
            self.add(f"store i64 {self.let('load i64, ptr %i')}, ptr %local")
            self.add(f"ret i64 {number}")
        self.add("}")

    # ------------------------------------------------------------------------------------------- helpers

    def name(self) -> str:
        """A new one."""
        self._names += 1
        return f"%t{self._names}"

    def add(self, line: str) -> None:
        """An instruction without a result, or a label."""
        self.lines.append(line)

    def let(self, expression: str) -> str:
        """A new name for the result of an instruction."""
        name = self.name()
        self.lines.append(f"{name} = {expression}")
        return name

    def label(self, prefix: str) -> str:
        """A new label."""
        self._names += 1
        return f"{prefix}{self._names}"

    def at(self, pointer: str, index: str, kind: str = "i64") -> str:
        """The address of an element."""
        return self.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}")

    def restored(self, way: Exit, entries: Entries) -> int:
        """The number of this way out, where these are the words to be written."""
        self.exits.append(way)
        self._lists.append(entries)
        return len(self._lists) - 1

    def row(self) -> str:
        """The address of the embedding of the current token."""
        token = self.let(f"load i32, ptr {self.at('%buffer', self.let('load i64, ptr %i'), 'i32')}")
        first = self.let(f"mul i64 {self.let(f'zext i32 {token} to i64')}, {self.width}")
        return self.at("%embedding", first, "double")

    def hand_over(self, n: int, values: Values, at: Callable[[int], Polynomial]) -> None:
        """Goes on with fragment n; at: each variable of the state as it is now."""
        handed = [values.number(at(v)) for v in self.directory.handed[n]]
        if n == self._current:
            for v, x in zip(self.directory.handed[n], handed):
                self.add(f"store double {x}, ptr {self.hand(v)}")
            self.add(f"br label %f{n}")
            return
        for place, x in enumerate(handed[PASSED:]):
            self.add(f"store double {x}, ptr {self.at('%scratch', str(place), 'double')}")
        here = self.let("load i64, ptr %i")
        known = [a.replace("noalias ", "").replace("%here", here) for a in ARGUMENTS]
        passed = [f"double {x}" for x in handed[:PASSED]]
        passed += ["double poison"] * (PASSED - len(passed))
        function = f"@f{n}"
        if self.counting or n not in self.roots:
            function = self.let(f"load ptr, ptr {self.at('%shared', str(FUNCTIONS + n))}")
        call = f"call {CALL} i64 {function}({', '.join([*known, *passed])})"
        self.add(f"ret i64 {self.let(f'musttail {call}')}")

    def resolve(self, table: int, row: str) -> None:
        """A row has been made: it may be one of a constant key that was missing."""
        function = self.let(f"load ptr, ptr {self.at('%shared', str(Shared.RESOLVE))}")
        self.add(f"call void {function}(ptr %words, ptr %fixed, ptr %shared, i64 {table}, ptr {row})")

    def hand(self, v: int) -> str:
        """Where a variable is handed over to the fragment that is written: LLVM makes a register of it."""
        return f"%hand{v}"

    # ---------------------------------------------------------------------------------------- what is counted

    def count_exit(self, number: str) -> None:
        """Way out `number` is taken once more."""
        self.count(self.at("%shared", self.let(f"add i64 {number}, {self.first}")))

    def tally(self, edge: Edge) -> None:
        """Counts, if this code does."""
        if self.counting:
            self.edges.append(edge)
            self.count(self.at("%shared", self.let(f"add i64 EDGES, {len(self.edges) - 1}")))

    def count_failed(self) -> None:
        """A guard has failed where no code goes straight on."""
        self.count(self.at("%shared", str(Shared.FAILED)))

    def count(self, pointer: str) -> None:
        """One more."""
        before = self.let(f"load i64, ptr {pointer}")
        self.add(f"store i64 {self.let(f'add i64 {before}, 1')}, ptr {pointer}")
