"""The code of one fragment, and where it goes on when it ends or a guard fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from interpreter.engines.indexed.memory import Table
from interpreter.engines.indexed.values import MAGIC, pattern
from interpreter.engines.specialised.fragment import (
    POSITION,
    Find,
    Fragment,
    Guard,
    Known,
    Load,
    Row,
    Step,
    Token,
    Whole,
)
from interpreter.engines.specialised.joining import Copy, Exit, Tree
from interpreter.engines.specialised.knowledge import Variable
from interpreter.engines.specialised.polynomials import Polynomial, number, variable
from interpreter.engines.specialised.values import Values, real

if TYPE_CHECKING:
    from interpreter.engines.specialised.region import Region

_MOST_CANDIDATES = 8


@dataclass
class Here:
    """A place in the code: the state, as polynomials in the variables of the fragment, and what has a name.

    Attributes:
        tree: of the fragment whose step it is; first: of how many tokens all before it are.
        k: the step, see `Exit`. token: the current one; None: it is that at the beginning.
    """

    tree: Tree
    first: int
    k: int
    slots: dict[int, Polynomial]
    token: Token | None
    values: Values

    @property
    def done(self) -> int:
        """How many tokens there have been since the beginning."""
        return self.first + self.k


class Body:
    """The code of one fragment, and of copies of others that go on where it ends."""

    def __init__(self, region: Region, tree: Tree) -> None:
        self.region, self.tree, self.n = region, tree, tree.n
        self.fragment = region.fragments[tree.n]
        # Copies bring more.
        self.variables = list(self.fragment.variables)
        self.rows: dict[int, str] = {}
        self.begins = ""
        self.exits: list[Callable[[], None]] = []
        self._copies: list[Copy] = []
        self._originals: dict[int, int] = {}

    def write(self) -> None:
        """From the entry to the last step, and the ways out."""
        r, f = self.region, self.fragment
        r.add(f"f{self.n}:")
        self.begins = r.let("load i64, ptr %i")
        last = r.let(f"add i64 {self.begins}, {self.tree.longest(r.fragments)}")
        fits, go = r.let(f"icmp sle i64 {last}, %hard"), r.label("fits")
        r.add(f"br i1 {fits}, label %{go}, label %no_room")
        r.add(f"{go}:")
        values = Values(r, self.variables, {v: real(x) for v, x in f.given.items()})
        for v in r.directory.handed[self.n]:
            values.variables[v] = r.let(f"load double, ptr {r.hand(v)}")
        for v in sorted({POSITION} | f.uses):
            values.variable(v)
        slots = {w: variable(v) for v, w in r.state.slots.items()}
        self._follow(f.steps, Here(self.tree, 0, 0, slots, None, values))
        while self.exits:
            self.exits.pop()()
        # Not this one: another fragment may begin in the same state.
        for n in self.tree.everyone():
            r.add(f"again{n}:")
            r.count_failed()
            r.add(f"br label %no{n}")

    def _follow(self, steps: Sequence[Step], here: Here) -> None:
        """The steps of a fragment, and what goes on after them."""
        for step in steps:
            self._step(step, here)
            here.k, here.token = here.k + 1, step.token
        self._link(None, here)

    def _step(self, step: Step, here: Here) -> None:
        r, values = self.region, here.values
        leaves: dict[tuple[int, float] | None, str] = {}

        def unless(bit: str, otherwise: tuple[int, float] | None = None) -> None:
            leave = leaves.setdefault(otherwise, "") or r.label(f"exit{self.n}_{here.done}_")
            leaves[otherwise] = leave
            go = r.label("go")
            r.add(f"br i1 {bit}, label %{go}, label %{leave}")
            r.add(f"{go}:")

        before = replace(here, slots=dict(here.slots), values=values.copy())
        for operation in step.operations:
            match operation:
                case Guard():
                    bit = values.holds(operation)
                    if bit != "true":
                        unless(bit, self._otherwise(operation))
                case Known(v):
                    unless(r.let(f"fcmp ord double {values.variable(v)}, {real(0.0)}"))
                case Whole(v):
                    name = values.variable(v)
                    floor = r.let(f"call double @llvm.floor.f64(double {name})")
                    unless(r.let(f"fcmp oeq double {floor}, {name}"))
                case Find(row):
                    found = self._find(row, values)
                    if row.entered:
                        unless(self._has_room(row, found))
                    elif row.default is None:
                        unless(r.let(f"icmp ne ptr {found}, null"))
                    else:
                        missing = r.let(f"icmp eq ptr {found}, null")
                        default = r.at("%words", str(row.default))
                        found = r.let(f"select i1 {missing}, ptr {default}, ptr {found}")
                    self.rows[id(row)] = found
                case Load(v, row, w, certain):
                    values.variables[v] = r.let(f"load double, ptr {r.at(self.rows[id(row)], str(w))}")
                    if not certain:
                        unless(r.let(f"fcmp ord double {values.variables[v]}, {real(0.0)}"))
        written = [(row, [values.number(w) for w in words]) for row, words in step.stores]
        assert step.token is not None
        number_ = step.token.number
        if number_.terms:
            name = r.let(f"fptosi double {values.number(number_)} to i32")
        else:
            name = str(int(number_.constant))
        for row, words in written:
            self._enter(row, values)
            for w, value in enumerate(words):
                r.add(f"store double {value}, ptr {r.at(self.rows[id(row)], str(w))}")
        r.add(f"store i32 {name}, ptr {r.at('%buffer', r.let(f'add i64 {self.begins}, {here.done + 1}'), 'i32')}")
        here.slots.update(step.slots)
        for otherwise, leave in leaves.items():
            self.exits.append(partial(self._exit, leave, otherwise, replace(before, slots=dict(before.slots))))

    def _otherwise(self, guard: Guard) -> tuple[int, float] | None:
        """The flag that the guard is about, and what it is if the guard fails."""
        v = guard.equated
        if v < 0 or self.variables[v].test is None:
            return None
        return v, 1.0 + guard.polynomial.constant / guard.polynomial.terms[(v,)]

    def _exit(self, label: str, otherwise: tuple[int, float] | None, here: Here) -> None:
        self.region.add(f"{label}:")
        token, slots = here.token, here.slots
        if otherwise is not None:
            v, value = otherwise
            slots = {w: p.put(v, number(value)) for w, p in slots.items()}
            if token is not None:
                token = replace(token, value=token.value.put(v, number(value)), bit=token.bit.put(v, number(value)))
        self._link(otherwise, replace(here, slots=slots, token=token, values=here.values.copy()))

    def _find(self, row: Row, values: Values) -> str:
        r = self.region
        if all(not k.terms for k in row.key):
            key = (row.table, tuple(k.constant for k in row.key))
            n = r.fixed.setdefault(key, len(r.fixed))
            return r.let(f"load ptr, ptr {r.at('%fixed', str(n))}")
        return r.let(f"call ptr @find{row.table}(ptr %words, {self._bits(row, values)})")

    def _bits(self, row: Row, values: Values) -> str:
        """The key as arguments."""
        r, bits = self.region, []
        for k in row.key:
            if k.terms:
                moved = r.let(f"fadd double {values.number(k)}, {real(MAGIC)}")
                bits.append("i64 " + r.let(f"bitcast double {moved} to i64"))
            else:
                bits.append(f"i64 {pattern(MAGIC + k.constant)}")
        return ", ".join(bits)

    def _has_room(self, row: Row, found: str) -> str:
        """A bit: the row is there, or can be made before the table must grow."""
        r, table = self.region, self.region.tables[row.table].word
        count = r.let(f"load i64, ptr {r.at('%words', str(table + Table.COUNT))}")
        limit = r.let(f"load i64, ptr {r.at('%words', str(table + Table.LIMIT))}")
        room = r.let(f"icmp slt i64 {r.let(f'add i64 {count}, 1')}, {limit}")
        return r.let(f"or i1 {r.let(f'icmp ne ptr {found}, null')}, {room}")

    def _enter(self, row: Row, values: Values) -> None:
        """Makes the row if it is not there. A row that is now there must not be taken to be missing."""
        r, found = self.region, self.rows[id(row)]
        here, enter, entered = r.label("row"), r.label("enter"), r.label("entered")
        r.add(f"br label %{here}")
        r.add(f"{here}:")
        r.add(f"br i1 {r.let(f'icmp eq ptr {found}, null')}, label %{enter}, label %{entered}")
        r.add(f"{enter}:")
        made = r.let(f"call ptr @enter{row.table}(ptr %words, {self._bits(row, values)})")
        r.resolve(row.table, made)
        r.add(f"br label %{entered}")
        r.add(f"{entered}:")
        self.rows[id(row)] = r.let(f"phi ptr [{found}, %{here}], [{made}, %{enter}]")

    # ------------------------------------------------------------------------------------------- links

    def _link(self, otherwise: tuple[int, float] | None, here: Here) -> None:
        """From the state before a step, or after the last, to a fragment that begins in it, or out."""
        r, n, values = self.region, here.tree.n, here.values
        way = (n, here.k, otherwise and (self._originals.get(otherwise[0], otherwise[0]), otherwise[1]))
        if here.done:
            r.add(f"store i64 {r.let(f'add i64 {self.begins}, {here.done}')}, ptr %i")
        changed = {w: p for w, p in here.slots.items() if p.key != variable(r.state.of_word[w]).key}
        joined = {target: tree for (at, target), tree in here.tree.joined.items() if at == way}
        inside = here.k < len(r.fragments[n].steps)
        if inside and not joined and way not in r.hot:
            self._leave(way, changed, here)
            return
        candidates: Sequence[int] = range(len(r.fragments))
        if r.directory.main is not None:
            value = self._state_at(r.directory.main, here)
            if value.terms:
                self._leave(way, changed, here)
                return
            candidates = r.directory.by_main.get(value.constant, [])
        # After a failure at once those are left that are tried later: so this ends.
        possible = [m for m in candidates if here.k or r.directory.rank[m] > r.directory.rank[n]]
        tried = [(m, c) for m in possible if (c := self._conditions(r.fragments[m], here)) is not None]
        tried = sorted(tried, key=lambda one: (one[0] not in joined, r.directory.rank[one[0]]))[:_MOST_CANDIDATES]
        if not tried:
            self._leave(way, changed, here)
            return
        is_written = False
        for m, conditions in tried:
            if m not in joined and not is_written:
                is_written = True
                for w, p in changed.items():
                    r.add(f"store double {values.number(p)}, ptr {r.at('%words', str(w))}")
            otherwise_ = r.label("else")
            for guard in conditions:
                go = r.label("go")
                r.add(f"br i1 {values.copy().holds(guard)}, label %{go}, label %{otherwise_}")
                r.add(f"{go}:")
            if m in joined:
                self._join(joined[m], replace(here, slots=dict(here.slots), values=values.copy()))
            else:
                r.tally((way, m))
                r.hand_over(m, values.copy(), partial(self._state_at, here=here))
            if not conditions:
                return
            r.add(f"{otherwise_}:")
        if not is_written:
            self._leave(way, changed, here)
            return
        # Another may begin here, of which this code does not know yet.
        r.count_exit(str(r.restored(way, ())))
        r.add(f"br label %{'aside' if here.done else f'again{n}'}")

    def _join(self, tree: Tree, here: Here) -> None:
        """A copy of another fragment."""
        r = self.region
        made = Copy(r.fragments[tree.n], partial(self._state_at, here=here), self.variables, r.state.size)
        self._copies.append(made)
        self._originals |= made.originals
        self._follow(made.steps, replace(here, tree=tree, first=here.done, k=0))

    def _state_at(self, v: int, here: Here) -> Polynomial:
        """A variable of the state as it is then, in the variables of this fragment."""
        r = self.region
        if v == POSITION:
            return variable(POSITION).shifted(float(here.done))
        if v in r.state.slots:
            at = here.slots[r.state.slots[v]]
            return number(self.fragment.given[v]) if v in self.fragment.given and at.key == variable(v).key else at
        if here.token is None:
            return number(self.fragment.given[v]) if v in self.fragment.given else variable(v)
        return self._column(r.state.columns[v], here.token)

    def _column(self, j: int, token: Token) -> Polynomial:
        shape = self.region.shapes.shape(token, j)
        if shape is None:
            made = Variable(0.0, -math.inf, math.inf, False, ("embed", token.number, j))
            self.variables.append(made)
            return variable(len(self.variables) - 1)
        constant, linear, square, flag = shape
        u = token.value.shifted(-token.low)
        found = number(constant) + u.scaled(linear) + token.bit.scaled(flag)
        return found + (u * u).scaled(square) if square else found

    def _conditions(self, target: Fragment, here: Here) -> list[Guard] | None:
        """What is to be tested for the target to go on; None if it cannot."""
        left = []
        for guard in target.entry:
            total = number(guard.polynomial.constant)
            for m, c in guard.polynomial.terms.items():
                product = number(c)
                for v in m:
                    product = product * self._state_at(v, here)
                total = total + product
            if total.terms:
                left.append(Guard(total, guard.is_zero))
            elif (total.constant != 0) if guard.is_zero else (total.constant < 0):
                return None
        return left

    def _leave(self, way: Exit, changed: dict[int, Polynomial], here: Here) -> None:
        """Out, where nothing goes on or few runs pass: what must be written is data, so that such ways are short."""
        r, values = self.region, here.values
        if not here.done:
            assert not changed
            r.count_exit(str(r.restored(way, ())))
            r.add(f"br label %again{self.n}")
            return
        computed: dict[object, int] = {}
        entries = []
        for w, p in changed.items():
            if p.terms and p.key not in computed:
                computed[p.key] = len(computed)
                r.add(f"store double {values.number(p)}, ptr {r.at('%scratch', str(computed[p.key]), 'double')}")
            entries.append((w, computed[p.key], 0.0) if p.terms else (w, -1, p.constant))
        r.add(f"store i64 {r.restored(way, tuple(entries))}, ptr %restored")
        r.add("br label %restore")
