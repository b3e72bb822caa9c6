"""Which fragments may begin in a state, in which order they are tried, and what they are then told, as data.

`drive` reads it. A *place* says where a number of a state is, see `place`. What a fragment asks for at its beginning is
a list of records, each of a place and a factor. Most say that the number of a place must be the factor. For the others
numbers of places are multiplied until a record ends the product, products times the factor of their last record are
added until a record ends the sum, and that must be 0, or at least 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from interpreter.engines.indexed.probe import hash_of
from interpreter.engines.indexed.values import MAGIC, pattern
from interpreter.engines.specialised.fragment import POSITION, Fragment, Guard
from interpreter.engines.specialised.state import StateVariables
from interpreter.engines.specialised.support import log_index_row

Words = npt.NDArray[np.int64]
Record = tuple[int, int]
"""Place and operation, and the bits of the factor."""
Fixed = dict[tuple[int, tuple[float, ...]], int]
"""Of table and constant key, where the address of the row is kept."""

WORD, SEEN, COLUMN, OTHER = range(4)
"""Where the number of a place is: a word, whether a word is 0, a column of the current token, or `ONE` or `HERE`."""
HERE, ONE = range(2)
"""The current position, and the number 1."""
EQUAL, FACTOR, TERM, ZERO, POSITIVE = range(5)
"""A record says what a number must be; or it multiplies, and ends a product, a sum that must be 0, or at least 0."""
MOST_VALUES = 2**20
"""The slot that tells fragments apart is an integer below that."""


def place(kind: int, index: int) -> int:
    """As one number."""
    return 4 * index + kind


def _record(at: int, operation: int) -> int:
    return 8 * at + operation


def _kind(record: Record) -> int:
    """Of its place."""
    return record[0] // 8 % 4


class Directory:
    """Of some fragments.

    Attributes:
        handed: for each fragment, the variables of the state that it is handed over where it begins.
        rank: which fragment is tried before which.
        main: the variable that tells fragments apart best, or None; by_main: with which value which of them begin.
    """

    def __init__(self, state: StateVariables, fragments: Sequence[Fragment], order: Sequence[int]) -> None:
        """order: in which fragments are tried."""
        self.state, self.fragments = state, fragments
        self.rank = {n: at for at, n in enumerate(order)}
        self.handed = [
            [v for v in sorted(f.uses) if v not in f.given and state.kind(v) in ("slot", "column")] for f in fragments
        ]
        self.main, self.by_main = self._main()

    def _main(self) -> tuple[int | None, dict[float, list[int]]]:
        values: dict[int, dict[float, list[int]]] = defaultdict(lambda: defaultdict(list))
        for n in sorted(self.rank, key=self.rank.__getitem__):
            for v, value in self.fragments[n].given.items():
                if v in self.state.slots and value.is_integer() and 0 <= value < MOST_VALUES:
                    values[v][value].append(n)
        everywhere = {v: by for v, by in values.items() if sum(map(len, by.values())) == len(self.fragments)}
        if not everywhere:
            return None, {0.0: sorted(self.rank, key=self.rank.__getitem__)}
        best = max(everywhere, key=lambda v: len(everywhere[v]))
        return best, everywhere[best]

    def chains(self) -> tuple[Words, Words]:
        """By the value of `main`, the first fragment that is tried, and after each the next one; -1: none."""
        first, following = np.full(int(max(self.by_main)) + 1, -1), np.full(len(self.fragments), -1)
        for value, chain in self.by_main.items():
            first[int(value)] = chain[0]
            following[chain[:-1]] = chain[1:]
        return first.astype(np.int64), following.astype(np.int64)

    def records(self) -> tuple[Words, Words]:
        """Where those of each fragment begin, and all of them: place and kind as one number, and factor."""
        ordered: dict[int, list[Record]] = {}
        for chain in self.by_main.values():
            asked = {n: [tuple(self._records(guard)) for guard in self.fragments[n].entry] for n in chain}
            common = Counter(guard for guards in asked.values() for guard in guards)
            for n, guards in asked.items():
                # What few of them ask for tells them apart; the same kind again and again is what a processor foresees.
                guards.sort(key=lambda guard: (len(guard), common[guard], _kind(guard[0])))
                ordered[n] = [record for guard in guards for record in guard]
        every = [ordered[n] for n in range(len(self.fragments))]
        starts = np.cumsum([0, *map(len, every)]).astype(np.int64)
        return starts, _words([number for records in every for record in records for number in record])

    def _records(self, guard: Guard) -> list[Record]:
        p, found = guard.polynomial, list[Record]()
        if guard.equated >= 0:
            [factor] = p.terms.values()
            return [(_record(self._place(guard.equated), EQUAL), pattern(-p.constant / factor))]
        for monomial, c in p.terms.items():
            places = [self._place(v) for v in monomial]
            found += [(_record(at, FACTOR), 0) for at in places[:-1]]
            found.append((_record(places[-1], TERM), pattern(c)))
        found.append((_record(place(OTHER, ONE), ZERO if guard.is_zero else POSITIVE), pattern(p.constant)))
        return found

    def _place(self, v: int) -> int:
        if v == POSITION:
            return place(OTHER, HERE)
        match self.state.kind(v):
            case "slot":
                return place(WORD, self.state.slots[v])
            case "seen":
                return place(SEEN, self.state.slots[v])
        return place(COLUMN, self.state.columns[v])

    def told(self) -> tuple[Words, Words]:
        """Where the places of what each fragment is handed over begin, and all of them."""
        starts = np.cumsum([0, *map(len, self.handed)])
        return starts.astype(np.int64), _words([self._place(v) for handed in self.handed for v in handed])


def keys(fixed: Fixed, defaults: Mapping[int, int], longest: int) -> Words:
    """Of each constant key the table, the word where the values of a row are that is not there, or -1, and the key.

    longest: coordinates of a key as it is stored, those that it lacks are 0. defaults: these words by table.
    """
    rows = [[table, defaults.get(table, 2**64 - 1), *_padded(_stored(key), longest)] for table, key in fixed]
    return _words([x for row in rows for x in row])


def index(fixed: Fixed, longest: int) -> tuple[Words, int]:
    """The table of constant keys, see `log_index_row`, and by how much a hash is shifted; as `probe` finds its rows."""
    log, size = max((2 * len(fixed)).bit_length(), 1), 2 ** log_index_row(longest)
    rows = np.zeros((2**log, size), dtype=np.uint64)
    for k, (table, key) in enumerate(fixed):
        known = _padded([pattern(MAGIC + table), *_stored(key)], 1 + longest)
        at = hash_of(known) >> (64 - log)
        while rows[at, 0]:
            at = (at + 1) % len(rows)
        rows[at, : 2 + longest] = [*known, k]
    return rows.view(np.int64), 64 - log


def _stored(key: Sequence[float]) -> list[int]:
    return [pattern(MAGIC + k) for k in key]


def _padded(words: list[int], size: int) -> list[int]:
    return words + [0] * (size - len(words))


def _words(numbers: Sequence[object]) -> Words:
    return np.array(numbers or [0], dtype=np.uint64).view(np.int64).reshape(-1)


FITS = f"""
define internal double @read(ptr noalias %words, ptr noalias %row, double %position, i64 %place) alwaysinline {{
entry:
%kind = and i64 %place, 3
%index = lshr i64 %place, 2
switch i64 %kind, label %other [i64 {WORD}, label %word i64 {SEEN}, label %seen i64 {COLUMN}, label %column]
word:
%word_at = getelementptr inbounds double, ptr %words, i64 %index
%x = load double, ptr %word_at
ret double %x
seen:
%seen_at = getelementptr inbounds i64, ptr %words, i64 %index
%kept = load i64, ptr %seen_at
%was = icmp ne i64 %kept, 0
%flag = uitofp i1 %was to double
ret double %flag
column:
%column_at = getelementptr inbounds double, ptr %row, i64 %index
%y = load double, ptr %column_at
ret double %y
other:
%is_one = icmp eq i64 %index, {ONE}
%z = select i1 %is_one, double 1.0, double %position
ret double %z
}}
define internal i1 @fits(ptr noalias %words, ptr noalias %row, double %position, ptr %starts, ptr %records, i64 %n)
noinline {{
entry:
%begin_at = getelementptr inbounds i64, ptr %starts, i64 %n
%begin = load i64, ptr %begin_at
%end_at = getelementptr inbounds i64, ptr %begin_at, i64 1
%end = load i64, ptr %end_at
br label %next
next:
%k = phi i64 [%begin, %entry], [%k1, %compute], [%k1, %ended], [%k1, %test], [%k1, %compare]
%product = phi double [1.0, %entry], [%multiplied, %compute], [1.0, %ended], [1.0, %test], [1.0, %compare]
%sum = phi double [0.0, %entry], [%sum, %compute], [%added, %ended], [0.0, %test], [0.0, %compare]
%k1 = add i64 %k, 1
%more = icmp slt i64 %k, %end
br i1 %more, label %body, label %holds
body:
%twice = shl i64 %k, 1
%record = getelementptr inbounds i64, ptr %records, i64 %twice
%what = load i64, ptr %record
%op = and i64 %what, 7
%place = lshr i64 %what, 3
%x = call double @read(ptr %words, ptr %row, double %position, i64 %place)
%c_at = getelementptr inbounds double, ptr %record, i64 1
%c = load double, ptr %c_at
%is_equal = icmp eq i64 %op, {EQUAL}
br i1 %is_equal, label %compare, label %compute
compare:
%same = fcmp oeq double %x, %c
br i1 %same, label %next, label %fails
compute:
%multiplied = fmul double %product, %x
%is_factor = icmp eq i64 %op, {FACTOR}
br i1 %is_factor, label %next, label %ended
ended:
%part = fmul double %multiplied, %c
%added = fadd double %sum, %part
%is_term = icmp eq i64 %op, {TERM}
br i1 %is_term, label %next, label %test
test:
%is_zero = icmp eq i64 %op, {ZERO}
%zero = fcmp oeq double %added, 0.0
%positive = fcmp oge double %added, 0.0
%right = select i1 %is_zero, i1 %zero, i1 %positive
br i1 %right, label %next, label %fails
holds:
ret i1 true
fails:
ret i1 false
}}
"""
"""A function that says whether what fragment n asks for at its beginning holds, and one that reads a place."""
