"""All fragments as LLVM code, a function each, joined where one ends in a state in which another begins.

    drive(words, embedding, log, buffer, begin, soft, hard, run, fixed, counts)

decodes like `run` of the indexed engine, from buffer[begin] on: with fragments where one fits, else a token at a time
with `run`. It returns how far it came, at least to `soft` and at most to `hard`, or why not (words[STATUS]); after some
tokens of `run` it returns early, so that what is missing can be recorded.

Within a fragment the slots of the state are names of numbers; they are written to memory where the fragment is left. A
guard that fails leaves the state as it was before the token of that step.

Fragments are functions of their own, which jump to each other by calls in their last place: what LLVM does takes more
time in proportion for one large function. Each returns to `drive` the number of the label where that goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set

from interpreter.engines.indexed.memory import POSITION as POSITION_WORD
from interpreter.engines.indexed.memory import PROMPT, RETURNED, STATUS, Table
from interpreter.engines.specialised.body import Body
from interpreter.engines.specialised.fragment import Fragment, Guard
from interpreter.engines.specialised.joining import Edge, Exit, Tree, trees
from interpreter.engines.specialised.policy import COLD, EXITS, FAILED_GUARDS, PATIENCE
from interpreter.engines.specialised.polynomials import Polynomial, variable
from interpreter.engines.specialised.state import StateVariables
from interpreter.engines.specialised.support import FLUSH, Entries, Test, finders, fits, resolve, restore
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
_SHARED = {"i": 0, "restored": 1, "scratch": 2}
"""What functions share, in words: the place in the buffer, which way out, numbers handed over or to be written."""
_LABELS = ("restore", "aside", "out", "unknown", "no_room")
"""Where `drive` goes on, besides those of `otherwise`."""

Tally = Edge | Exit
"""What is counted: how often a way out is taken that has code of its own, and to where."""


class Region:
    """The text of the function.

    Attributes:
        hot: the ways out that are worth code of their own, which goes straight on to another fragment.
        exits: the others, in the order of their counts.
        tallies: what the code counts after these, if it does.
        trees: each fragment with what is joined to it. rank: which fragment is tried before which.
        handed: for each fragment, the variables of the state that it is handed over where it begins.
        numbers: of the labels that functions of fragments return.
    """

    def __init__(
        self,
        state: StateVariables,
        tables: Sequence[Table],
        shapes: Columns,
        fragments: Sequence[Fragment],
        order: Sequence[int],
        hot: Set[Exit] = frozenset(),
        counts: Mapping[Edge, int] | None = None,
    ) -> None:
        """order: in which fragments are tried; counts: those of code of the same order, or None: this code counts."""
        self.state, self.tables, self.shapes, self.fragments = state, tables, shapes, fragments
        self.hot, self.counting = hot, counts is None
        self.trees = trees(fragments, counts or {}, sum(len(f.steps) for f in fragments))
        self.rank = {n: place for place, n in enumerate(order)}
        self.tallies: list[Tally] = []
        self.exits: list[Exit] = []
        self._current: int | None = None
        self.width = state.weights.width
        self.lines: list[str] = []
        self.fixed: dict[tuple[int, tuple[float, ...]], int] = {}
        self.scratch = 1
        self._lists: list[Entries] = []
        self._tests: list[tuple[Test, ...]] = []
        self._names = 0
        self.handed = [
            [v for v in sorted(f.uses) if v not in f.given and state.kind(v) in ("slot", "column")] for f in fragments
        ]
        self.main, self.by_main = self._main()
        returned = dict.fromkeys([*_LABELS, *map(self.otherwise, range(len(fragments)))])
        self.numbers = {label: number for number, label in enumerate(returned)}

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
        call = f"call {_CALL} i64 @f{n}({', '.join([*known, *passed])})"
        if self._current is None:
            self.add(f"store i64 {self.let(call)}, ptr %went")
            self.add("br label %returned")
        else:
            self.add(f"ret i64 {self.let(f'musttail {call}')}")
        self.scratch = max(self.scratch, len(handed) - _PASSED)

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

    # ----------------------------------------------------------------------------------------- the whole

    def text(self) -> str:
        """The module."""
        self.add(
            "define i64 @drive(ptr noalias captures(none) %words, ptr noalias %embedding, ptr noalias %log,"
            " ptr noalias %buffer,"
        )
        self.add(" i64 %begin, i64 %soft, i64 %hard, ptr %run, ptr noalias %fixed, ptr noalias %counts) {")
        self.add("entry:")
        self.add("%shared = alloca [SHARED x i64]")
        for name, place in _SHARED.items():
            self.add(f"%{name} = getelementptr inbounds i64, ptr %shared, i64 {place}")
        self.add("%logged = alloca i64")
        self.add("%cold_now = alloca i64")
        self.add("%went = alloca i64")
        self.add("store i64 %begin, ptr %i")
        self.add("store i64 %begin, ptr %logged")
        self.add("store i64 0, ptr %cold_now")
        self.add("%tallies = getelementptr inbounds i64, ptr %counts, i64 TALLIES")
        self.add("call void @resolve(ptr %words, ptr %fixed)")
        first = self.let(f"load i64, ptr {self.at('%words', str(POSITION_WORD))}")
        self.add(f"%delta = sub i64 {first}, %begin")
        self.add(f"%prompt = load i64, ptr {self.at('%words', str(PROMPT))}")
        self.add(f"%patience = load i64, ptr {self.at('%counts', str(PATIENCE))}")
        self.add("br label %dispatch")
        self._dispatch()
        self._cold()
        self._returned()
        self.add("}")
        for tree in self.trees:
            self._function(tree)
        body = "\n".join(self.lines).replace("SHARED", str(_SHARED["scratch"] + self.scratch))
        body = body.replace("TALLIES", str(EXITS + len(self.exits)))
        declared = ["declare double @llvm.floor.f64(double)"]
        helpers = [finders(self.tables), resolve(self.fixed), restore(self._lists), fits(self._tests), FLUSH]
        return "\n".join([*declared, *helpers, body, "!0 = !{}"])

    def _dispatch(self) -> None:
        """Where a state that nothing is known of goes on."""
        self.add("dispatch:")
        here = self.let("load i64, ptr %i")
        self.add(f"br i1 {self.let(f'icmp slt i64 {here}, %soft')}, label %choose, label %leave")
        self.add("choose:")
        if self.main is None:
            self._chain(sorted(self.rank, key=self.rank.__getitem__))
            return
        value = self.let(f"load double, ptr {self.at('%words', str(self.state.slots[self.main]))}")
        whole = self.let(f"fptosi double {value} to i64")
        cases = {value: self.label("case") for value in self.by_main if value.is_integer()}
        table = " ".join(f"i64 {int(v)}, label %{name}" for v, name in cases.items())
        self.add(f"switch i64 {whole}, label %unknown [{table}]")
        for v, name in cases.items():
            self.add(f"{name}:")
            self._chain(self.by_main[v])

    def _chain(self, candidates: Sequence[int]) -> None:
        for n in candidates:
            f, row = self.fragments[n], self.row()
            values, otherwise = Values(self, f.variables, {}), self.otherwise(n)
            plain = [(guard, test) for guard in f.entry if (test := self._plain(guard))]
            listed = {id(guard) for guard, _ in plain}
            self._tests.append(tuple(test for _, test in plain))
            held = self.let(f"call i1 @fits(ptr %words, ptr {row}, i64 {len(self._tests) - 1})")
            for guard in (None, *(g for g in f.entry if id(g) not in listed)):
                go = self.label("go")
                held = values.holds(guard) if guard else held
                self.add(f"br i1 {held}, label %{go}, label %{otherwise}")
                self.add(f"{go}:")
            self.tally(((-1, 0, None), n))
            self.hand_over(n, values, variable)
            self.add(f"{otherwise}:")
        self.add("br label %unknown")

    def _function(self, tree: Tree) -> None:
        self._current = n = tree.n
        passed = [f"double %a{k}" for k in range(_PASSED)]
        self.add(f"define internal {_CALL} i64 @f{n}({', '.join([*_ARGUMENTS, *passed])}) {{")
        self.add("entry:")
        self.add("%i = alloca i64")
        self.add("store i64 %here, ptr %i")
        self.add("%tallies = getelementptr inbounds i64, ptr %counts, i64 TALLIES")
        for name in ("restored", "scratch"):
            self.add(f"%{name} = getelementptr inbounds i64, ptr %shared, i64 {_SHARED[name]}")
        for k, v in enumerate(self.handed[n]):
            self.add(f"{self.hand(v)} = alloca double")
            x = f"%a{k}"
            if k >= _PASSED:
                x = self.let(f"load double, ptr {self.at('%scratch', str(k - _PASSED), 'double')}")
            self.add(f"store double {x}, ptr {self.hand(v)}")
        self.add(f"br label %f{n}")
        Body(self, tree).write()
        for label in dict.fromkeys([*_LABELS, *map(self.otherwise, tree.everyone())]):
            self.add(f"{label}:")
            self.add(f"store i64 {self.let('load i64, ptr %i')}, ptr %shared")
            self.add(f"ret i64 {self.numbers[label]}")
        self.add("}")

    def _returned(self) -> None:
        """Where a fragment has said that it goes on."""
        self.add("returned:")
        table = " ".join(f"i64 {number}, label %{label}" for label, number in self.numbers.items())
        self.add(f"switch i64 {self.let('load i64, ptr %went')}, label %leave [{table}]")

    def otherwise(self, n: int) -> str:
        """Where it goes on that a fragment does not fit: with the next one that begins with the same `main`."""
        if self.main is not None and not self.fragments[n].given[self.main].is_integer():
            return "unknown"
        return f"no{n}"

    def _plain(self, guard: Guard) -> Test | None:
        """A guard about one number of the state as data: code for each of them would be most of the code."""
        if len(guard.polynomial.terms) != 1:
            return None
        [(monomial, factor)] = guard.polynomial.terms.items()
        kind = self.state.kind(monomial[0])
        if len(monomial) != 1 or kind not in ("slot", "column"):
            return None
        v = monomial[0]
        place = self.state.slots[v] if kind == "slot" else -1 - self.state.columns[v]
        return place, factor, guard.polynomial.constant, guard.is_zero

    def _cold(self) -> None:
        """A token of the indexed engine, and the ends of the function."""
        self.add("restore:")
        which = self.let("load i64, ptr %restored")
        self.add(f"call void @restore(ptr %words, ptr %scratch, i64 {which})")
        self.count_exit(which)
        self.add("br label %aside")
        self.add("aside:")
        self.count_failed()
        self.add("br label %dispatch")
        self.add("no_room:")
        begins = self.let("load i64, ptr %i")
        self.add(f"br i1 {self.let(f'icmp slt i64 {begins}, %soft')}, label %step, label %leave")
        self.add("out:")
        self.count_failed()
        so_far = self.let("load i64, ptr %cold_now")
        self.add(f"br i1 {self.let(f'icmp slt i64 {so_far}, %patience')}, label %step, label %leave")
        self.add("unknown:")
        so_far = self.let("load i64, ptr %cold_now")
        many = self.let("shl i64 %patience, 1")
        self.add(f"br i1 {self.let(f'icmp slt i64 {so_far}, {many}')}, label %step, label %leave")
        for name in ("leave", "step"):
            self.add(f"{name}:")
            here = self.let("load i64, ptr %i")
            since = self.let("load i64, ptr %logged")
            position = self.let(f"add i64 {here}, %delta")
            self.add(f"store i64 {position}, ptr {self.at('%words', str(POSITION_WORD))}")
            self.add(f"call void @flush(ptr %log, ptr %buffer, i64 {since}, i64 {here}, i64 %delta, i64 %prompt)")
            if name == "leave":
                self.add(f"store i64 {RETURNED}, ptr {self.at('%words', str(STATUS))}")
                self.add(f"ret i64 {here}")
        self.add(f"br i1 {self.let(f'icmp slt i64 {here}, %hard')}, label %one, label %full")
        self.add("full:")
        self.add(f"store i64 {RETURNED}, ptr {self.at('%words', str(STATUS))}")
        self.add(f"ret i64 {here}")
        self.add("one:")
        after, before = self.let(f"add i64 {here}, 1"), self._rows()
        done = self.let(
            "call i64 %run(ptr captures(none) %words, ptr %embedding, ptr %log, ptr %buffer,"
            f" i64 {here}, i64 {after}, i64 0)"
        )
        self.add(f"store i64 {done}, ptr %i")
        self.add(f"store i64 {done}, ptr %logged")
        # A row that is there now must not be taken to be missing.
        changed, search, found = (
            self.let(f"icmp ne i64 {self._rows()}, {before}"),
            self.label("search"),
            self.label("on"),
        )
        self.add(f"br i1 {changed}, label %{search}, label %{found}")
        self.add(f"{search}:")
        self.add("call void @resolve(ptr %words, ptr %fixed)")
        self.add(f"br label %{found}")
        self.add(f"{found}:")
        self._count(self.at("%counts", str(COLD)))
        self._count("%cold_now")
        status = self.let(f"load i64, ptr {self.at('%words', str(STATUS))}")
        self.add(f"br i1 {self.let(f'icmp eq i64 {status}, {RETURNED}')}, label %dispatch, label %stopped")
        self.add("stopped:")
        self.add(f"ret i64 {done}")

    def _rows(self) -> str:
        """How many rows all tables have in use."""
        total = "0"
        for table in self.tables:
            count = self.let(f"load i64, ptr {self.at('%words', str(table.word + Table.COUNT))}")
            total = self.let(f"add i64 {total}, {count}")
        return total

    def count_exit(self, number: str) -> None:
        """Way out `number` is taken once more."""
        self._count(self.at("%counts", self.let(f"add i64 {number}, {EXITS}")))

    def tally(self, counted: Tally) -> None:
        """Counts, if this code does."""
        if self.counting:
            self.tallies.append(counted)
            self._count(self.at("%tallies", str(len(self.tallies) - 1)))

    def count_failed(self) -> None:
        """A guard has failed where no code goes straight on."""
        self._count(self.at("%counts", str(FAILED_GUARDS)))

    def _count(self, pointer: str) -> None:
        before = self.let(f"load i64, ptr {pointer}")
        self.add(f"store i64 {self.let(f'add i64 {before}, 1')}, ptr {pointer}")
