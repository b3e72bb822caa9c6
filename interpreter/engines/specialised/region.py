"""Fragments as LLVM code, a function each, joined where one ends in a state in which another begins.

Within a fragment the slots of the state are names of numbers; they are written to memory where the fragment is left. A
guard that fails leaves the state as it was before the token of that step.

Fragments jump to each other by calls in their last place, and return to `drive` the number of the label where that goes
on. One large function would take LLVM more time in proportion. Where the function of a fragment is, is looked up
in `counts`: so a module need not have all of them, and any can be put in the place of another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set

from interpreter.engines.indexed.memory import Table
from interpreter.engines.specialised.body import Body
from interpreter.engines.specialised.drive import LABELS, SHARED, Drive
from interpreter.engines.specialised.fragment import Fragment
from interpreter.engines.specialised.joining import RARE, Edge, Exit, Tree, trees
from interpreter.engines.specialised.policy import FAILED_GUARDS, FUNCTIONS, RESOLVE
from interpreter.engines.specialised.polynomials import Polynomial
from interpreter.engines.specialised.state import StateVariables
from interpreter.engines.specialised.support import FLUSH, Entries, finders, fits, resolve, restore
from interpreter.engines.specialised.tokens import Columns
from interpreter.engines.specialised.values import Values

_ARGUMENTS = (
    "ptr noalias %words", "ptr noalias %embedding", "ptr noalias %buffer", "i64 %here", "i64 %hard", "i64 %delta",
    "ptr noalias %fixed", "ptr noalias %counts", "ptr noalias %shared",
)  # fmt: skip
"""Of the function of a fragment, besides the first numbers that it is handed over; `%here` is where it begins."""
_PASSED = 8
"""So many numbers are handed over in registers."""
_CALL = "preserve_nonecc"
"""No function keeps registers for the one that calls it: `drive` alone is called by C."""

Fixed = dict[tuple[int, tuple[float, ...]], int]
"""Of table and constant key, where the address of the row is kept."""


class Region:
    """The text of a module.

    Attributes:
        hot: the ways out that are worth code of their own, which goes straight on to another fragment.
        trees: each fragment with what is joined to it; roots: those that this module has.
        rank: which fragment is tried before which.
        exits: where these fragments are left with nothing that goes straight on; edges: what code that counts counts
            after these.
        handed: for each fragment, the variables of the state that it is handed over where it begins.
        fixed: of all modules.
    """

    def __init__(
        self,
        state: StateVariables,
        tables: Sequence[Table],
        shapes: Columns,
        fragments: Sequence[Fragment],
        order: Sequence[int],
        fixed: Fixed,
        first: int,
    ) -> None:
        """order: in which fragments are tried; first: where in `counts` those of this module begin."""
        self.state, self.tables, self.shapes, self.fragments = state, tables, shapes, fragments
        self.fixed, self.first = fixed, first
        self.rank = {n: place for place, n in enumerate(order)}
        self.hot: Set[Exit] = frozenset()
        self.counting = True
        self.trees: list[Tree] = []
        self.roots: Sequence[int] = ()
        self.exits: list[Exit] = []
        self.edges: list[Edge] = []
        self.width = state.weights.width
        self.lines: list[str] = []
        self._current: int | None = None
        self._lists: list[Entries] = []
        self._names = 0
        self.handed = [
            [v for v in sorted(f.uses) if v not in f.given and state.kind(v) in ("slot", "column")] for f in fragments
        ]
        self.main, self.by_main = self._main()

    # ----------------------------------------------------------------------------------------- the whole

    def draft(self, roots: Sequence[int], hot: Set[Exit]) -> str:
        """Code for these fragments, which counts where each goes on, and `drive`."""
        self.trees, self.roots, self.hot = [Tree(n) for n in range(len(self.fragments))], roots, hot
        return self._text(Drive(self))

    def optimised(self, counts: Mapping[Edge, int], hot: Set[Exit]) -> str:
        """Code for those that are begun often when they are joined as the counts say."""
        self.trees = trees(self.fragments, counts, sum(len(f.steps) for f in self.fragments))
        self.roots, self.hot = [tree.n for tree in self.trees if tree.share >= RARE], hot
        self.counting = False
        return self._text(None)

    def _text(self, drive: Drive | None) -> str:
        for n in self.roots:
            self._function(self.trees[n])
        parts = ["declare double @llvm.floor.f64(double)", finders(self.tables), restore(self._lists)]
        if drive:
            self._current = None
            drive.write()
            parts += [fits(drive.tests), FLUSH]
        body = "\n".join(self.lines).replace("EDGES", str(self.first + len(self.exits)))
        return "\n".join([*parts, resolve(self.fixed), body, "!0 = !{}"])

    def _function(self, tree: Tree) -> None:
        self._current = n = tree.n
        passed = [f"double %a{k}" for k in range(_PASSED)]
        self.add(f"define {_CALL} i64 @f{n}({', '.join([*_ARGUMENTS, *passed])}) {{")
        self.add("entry:")
        self.add("%i = alloca i64")
        self.add("%restored = alloca i64")
        self.add("store i64 %here, ptr %i")
        self.add(f"%scratch = getelementptr inbounds i64, ptr %shared, i64 {SHARED['scratch']}")
        for k, v in enumerate(self.handed[n]):
            self.add(f"{self.hand(v)} = alloca double")
            x = f"%a{k}"
            if k >= _PASSED:
                x = self.let(f"load double, ptr {self.at('%scratch', str(k - _PASSED), 'double')}")
            self.add(f"store double {x}, ptr {self.hand(v)}")
        self.add(f"br label %f{n}")
        Body(self, tree).write()
        self.add("restore:")
        which = self.let("load i64, ptr %restored")
        self.add(f"call void @restore(ptr %words, ptr %scratch, i64 {which})")
        self.count_exit(which)
        self.add("br label %aside")
        every = [*LABELS, *(f"no{m}" for m in range(len(self.fragments)))]
        wanted = {*LABELS, *(f"no{m}" for m in tree.everyone())}
        for number, label in enumerate(every):
            if label in wanted:
                self.add(f"{label}:")
                self.add(f"store i64 {self.let('load i64, ptr %i')}, ptr %shared")
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
        handed = [values.number(at(v)) for v in self.handed[n]]
        if n == self._current:
            for v, x in zip(self.handed[n], handed):
                self.add(f"store double {x}, ptr {self.hand(v)}")
            self.add(f"br label %f{n}")
            return
        for place, x in enumerate(handed[_PASSED:]):
            self.add(f"store double {x}, ptr {self.at('%scratch', str(place), 'double')}")
        here = self.let("load i64, ptr %i")
        known = [a.replace("noalias ", "").replace("%here", here) for a in _ARGUMENTS]
        passed = [f"double {x}" for x in handed[:_PASSED]]
        passed += ["double poison"] * (_PASSED - len(passed))
        function = f"@f{n}"
        if self.counting or n not in self.roots:
            function = self.let(f"load ptr, ptr {self.at('%counts', str(FUNCTIONS + n))}")
        call = f"call {_CALL} i64 {function}({', '.join([*known, *passed])})"
        if self._current is None:
            self.add(f"store i64 {self.let(call)}, ptr %went")
            self.add("br label %returned")
        else:
            self.add(f"ret i64 {self.let(f'musttail {call}')}")

    def resolve(self) -> None:
        """Rows of constant keys that were missing are looked for, those of all modules."""
        function = self.let(f"load ptr, ptr {self.at('%counts', str(RESOLVE))}")
        self.add(f"call void {function}(ptr %words, ptr %fixed)")

    def hand(self, v: int) -> str:
        """Where a variable is handed over to the fragment that is written: LLVM makes a register of it."""
        return f"%hand{v}"

    def _main(self) -> tuple[int | None, dict[float, list[int]]]:
        """The slot that tells fragments apart best, and which fragments begin with which value of it."""
        values: dict[int, dict[float, list[int]]] = defaultdict(lambda: defaultdict(list))
        for n, f in enumerate(self.fragments):
            for guard in f.entry:
                v = guard.equated
                if v in self.state.slots:
                    values[v][-guard.polynomial.constant / guard.polynomial.terms[(v,)]].append(n)
        for by in values.values():
            for begins in by.values():
                begins.sort(key=self.rank.__getitem__)
        everywhere = {v: by for v, by in values.items() if sum(map(len, by.values())) == len(self.fragments)}
        if not everywhere:
            return None, {}
        best = max(everywhere, key=lambda v: len(everywhere[v]))
        return best, everywhere[best]

    # ---------------------------------------------------------------------------------------- what is counted

    def count_exit(self, number: str) -> None:
        """Way out `number` is taken once more."""
        self.count(self.at("%counts", self.let(f"add i64 {number}, {self.first}")))

    def tally(self, edge: Edge) -> None:
        """Counts, if this code does."""
        if self.counting:
            self.edges.append(edge)
            self.count(self.at("%counts", self.let(f"add i64 EDGES, {len(self.edges) - 1}")))

    def count_failed(self) -> None:
        """A guard has failed where no code goes straight on."""
        self.count(self.at("%counts", str(FAILED_GUARDS)))

    def count(self, pointer: str) -> None:
        """One more."""
        before = self.let(f"load i64, ptr {pointer}")
        self.add(f"store i64 {self.let(f'add i64 {before}, 1')}, ptr {pointer}")
