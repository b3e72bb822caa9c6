"""Heads with keys, recorded: which row of a hash table a query finds, and what the current token writes.

What a fragment has written or read of a table is remembered, so that it is not read again; a row that is written may
be one that is remembered only if their keys can be equal. In the emitted code the current token is entered after the
lookups of its own step, in the indexed engine before: so a lookup must be of another key, or is answered at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interpreter.engines.indexed.lookup import WHOLE_BELOW, Index
from interpreter.engines.indexed.packing import Packing
from interpreter.engines.specialised.fragment import POSITION, Find, Load, Row, Whole
from interpreter.engines.specialised.knowledge import Stop, Variable
from interpreter.engines.specialised.network import Head
from interpreter.engines.specialised.polynomials import Polynomial, combined, number

if TYPE_CHECKING:
    from interpreter.engines.specialised.recorder import Recorder

Key = tuple[Polynomial, ...]


@dataclass(eq=False)
class Entry:
    """A row as the fragment knows it: its values as far as they are known, and the row as it is read or written."""

    key: Key
    values: dict[int, Polynomial] = field(default_factory=dict)
    words: dict[int, Polynomial] = field(default_factory=dict)
    read: Row | None = None
    write: Row | None = None
    concrete: list[float] | None = None


class Lookups:
    """What a fragment knows of the tables."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.entries: dict[int, list[Entry]] = {}
        self._written: dict[int, Entry | None] = {}
        self._found: dict[int, Entry] = {}
        self._step = -1
        self.concrete: dict[tuple[int, tuple[float, ...]], list[float]] = {}

    def _begin(self) -> None:
        if self._step != self.recorder.done:
            self._step, self._written, self._found = self.recorder.done, {}, {}

    # ------------------------------------------------------------------------------------------- reading

    def found(self, head: Head, i: int) -> Polynomial:
        """Value number i of what the head finds."""
        self._begin()
        r, index = self.recorder, self._index(head)
        if id(head) not in self._found:
            self._found[id(head)] = self._entry(head, index)
        entry = self._found[id(head)]
        if i not in entry.values:
            entry.values[i] = self._loaded(entry, index, i)
        return r.known.resolved(entry.values[i])

    def _index(self, head: Head) -> Index:
        index = self.recorder.state.kept[head.name].index
        assert isinstance(index, Index)
        return index

    def _table(self, index: Index) -> int:
        return [t.word for t in self.recorder.live.tables].index(index.table.word)

    def _entry(self, head: Head, index: Index) -> Entry:
        r = self.recorder
        query = self._key([r.read(q) for q, _ in head.match])
        if head.query_square is not None:
            square = combined((1.0, q * q) for q in query)
            r.require_zero(square - r.read(head.query_square))
        query = tuple(r.known.resolved(q) for q in query)
        for q in query:
            low, high = r.known.bounds(q)
            if not r.known.is_whole(q) or max(-low, high) >= WHOLE_BELOW:
                raise Stop
        own = self.written(head, index)
        if own is not None and not self._distinct(own.key, query):
            if self._equal_now(own.key, query):
                for a, b in zip(own.key, query):
                    r.require_zero(a - b)
                return own
            self._told_apart(own.key, query)
            query = tuple(r.known.resolved(q) for q in query)
        table = self._table(index)
        for entry in reversed(self.entries.get(table, [])):
            if [r.known.resolved(k).key for k in entry.key] == [q.key for q in query]:
                return entry
        row = Row(table, tuple(_packed(index.coordinates, query)), index.default)
        stored = self._stored(table, row)
        if stored is None:
            if index.default is None:
                raise Stop
            size = len(index.packing.words)
            stored = [float(x) for x in r.live.numbers[index.default : index.default + size]]
        r.step.operations.append(Find(row))
        entry = Entry(query, read=row, concrete=stored)
        self.entries.setdefault(table, []).append(entry)
        return entry

    def _stored(self, table: int, row: Row) -> list[float] | None:
        """The words of the row in the run that is recorded."""
        key = tuple(self.recorder.known.value(k) for k in row.key)
        return self.concrete.get((table, key)) or self.recorder.live.find(table, key)

    def _loaded(self, entry: Entry, index: Index, i: int) -> Polynomial:
        """A value that is read from its row."""
        r = self.recorder
        assert entry.read is not None and entry.concrete is not None
        value = index.values[i]
        for word, fields in enumerate(index.packing.words):
            for f in fields:
                if f.index != i:
                    continue
                if len(fields) == 1:
                    return self._word(entry, word, value.low, value.high, value.whole, not value.doubtful)
                if word not in entry.words:
                    entry.words[word] = self._word(entry, word, 0.0, 2.0**50, True, True)
                packed = entry.words[word]
                number_ = int(r.known.value(packed)) >> f.first
                bits = number_ if f is fields[-1] else number_ & ((1 << f.bits) - 1)
                last = f is fields[-1]
                made = ("field", packed, f.first, 0 if last else f.bits, f.low)
                return r.known.new(Variable(float(bits + f.low), value.low, value.high, True, made))
        raise AssertionError(i)

    def _word(self, entry: Entry, word: int, low: float, high: float, whole: bool, certain: bool) -> Polynomial:
        r = self.recorder
        assert entry.read is not None and entry.concrete is not None
        value = entry.concrete[word]
        if value != value:
            raise Stop
        # Rows without a default are only read where they are; a default may be NaN where a value may.
        made = r.known.new(Variable(value, low, high, whole or value.is_integer(), ("load", entry.read.table, word)))
        if made.terms:
            [v] = made.variables()
            r.step.operations.append(Load(v, entry.read, word, certain or (not whole and value.is_integer())))
            if not whole and value.is_integer():
                r.step.operations.append(Whole(v))
            if r.live.is_usual(entry.read.table, word, value):
                r.require_zero(made.shifted(-value))
        return made

    # ------------------------------------------------------------------------------------------- writing

    def update(self) -> None:
        """Enters the current token in all tables."""
        self._begin()
        r = self.recorder
        for head in r.network.heads:
            if head.match:
                self.written(head, self._index(head))
        for table, entry in self._written.items():
            if entry is None:
                continue
            self._forget(table, entry)
            index = self._index_of(table)
            values = [r.known.resolved(entry.values[i]) for i in range(len(index.values))]
            words = tuple(r.known.resolved(w) for w in _packed(index.packing, values))
            assert entry.write is not None
            r.step.stores.append((entry.write, words))
            key = tuple(r.known.value(k) for k in entry.write.key)
            entry.concrete = [r.known.value(w) for w in words]
            self.concrete[table, key] = entry.concrete
            self.entries.setdefault(table, []).append(entry)

    def _index_of(self, table: int) -> Index:
        for head in self.recorder.network.heads:
            if head.match and self._table(self._index(head)) == table:
                return self._index(head)
        raise AssertionError(table)

    def written(self, head: Head, index: Index) -> Entry | None:
        """What the current token enters, if it does."""
        self._begin()
        table = self._table(index)
        if table not in self._written:
            self._written[table] = None
            self._written[table] = self._entered(head, index, table)
        return self._written[table]

    def _entered(self, head: Head, index: Index, table: int) -> Entry | None:
        r = self.recorder
        assert head.own is not None
        own = r.read(head.own)
        keys = [r.read(k) for _, k in head.match]
        square = combined((1.0, k * k) for k in keys)
        eligible = r.known.resolved(own + square)
        if r.known.bounds(eligible)[1] <= 0:
            return None
        if eligible.key != number(1.0).key:
            if r.known.value(eligible) <= 0:
                r.require(eligible.scaled(-1.0))
                return None
            r.require_zero(eligible.shifted(-1.0))
        key = self._key(keys)
        key = tuple(k if r.known.is_whole(k) else number(r.concrete(k)) for k in key)
        if not all(r.known.is_whole(k) for k in key):
            raise Stop
        most = 2.0**52 / (2 * r.weights.max_tokens)
        self._small(key, most)
        key = tuple(r.known.resolved(k) for k in key)
        entry = Entry(key, {i: r.read(v) for i, v in enumerate(head.values)})
        for known in reversed(self.entries.get(table, [])):
            if [r.known.resolved(k).key for k in known.key] == [k.key for k in key]:
                entry.write, entry.read = known.write, known.read
                break
        if entry.write is None:
            entry.write = Row(table, tuple(_packed(index.coordinates, key)), None, entered=True)
            r.step.operations.append(Find(entry.write))
            entry.read = entry.write
        return entry

    def _small(self, key: Key, most: float) -> None:
        """The square of the key is less than that; what bounds it is a power of two for each coordinate."""
        r = self.recorder
        for k in key:
            low, high = r.known.bounds(k)
            if max(-low, high) ** 2 * len(key) >= most:
                size = 1.0
                while size <= abs(r.known.value(k)) or size < 1024:
                    size *= 2
                if size * size * len(key) > most:
                    r.require_more(combined((-1.0, q * q) for q in key).shifted(most))
                    return
                r.require((k - number(size - 1)).scaled(-1.0))
                r.require(k + number(size - 1))

    def _forget(self, table: int, written: Entry) -> None:
        """What may be the row that is written now is not known any more."""
        self.entries[table] = [e for e in self.entries.get(table, []) if self._distinct(e.key, written.key)]

    # ---------------------------------------------------------------------------------------------- keys

    def _key(self, key: list[Polynomial]) -> Key:
        """A key as it is used: what hardly ever changes is made a constant."""
        r = self.recorder
        found = []
        for k in key:
            k = r.known.resolved(k)
            if k.terms and all(self._is_tame(v) for v in k.variables()):
                k = r.nodes.settled(k)
            found.append(k)
        return tuple(r.known.resolved(k) for k in found)

    def _is_tame(self, v: int) -> bool:
        r = self.recorder
        known = r.known.variables[v]
        if v == POSITION or v in r.state.positions or (known.low >= 0 and known.high <= 1):
            return True
        if known.definition[0] == "load":
            _, table, word = known.definition
            assert isinstance(table, int) and isinstance(word, int)
            return r.live.is_usual(table, word, known.value)
        return False

    def _distinct(self, a: Key, b: Key) -> bool:
        """Whether two keys differ for certain."""
        known = self.recorder.known
        for x, y in zip(a, b):
            low, high = known.bounds(known.resolved(x - y))
            if low > 0 or high < 0:
                return True
        return False

    def _equal_now(self, a: Key, b: Key) -> bool:
        known = self.recorder.known
        return all(known.value(x - y) == 0 for x, y in zip(a, b))

    def _told_apart(self, a: Key, b: Key) -> None:
        """Two keys differ from here on, as they do now."""
        r = self.recorder
        # The last coordinate that differs: of names of cells that is the one that tells most.
        for x, y in reversed(list(zip(a, b))):
            difference = r.known.resolved(x - y)
            value = r.known.value(difference)
            if value:
                r.require_more(difference.scaled(1.0 if value > 0 else -1.0))
                return


def _packed(packing: Packing, values: Key | list[Polynomial]) -> list[Polynomial]:
    """The words of these values, see `Packing.pack`."""
    packed = []
    for fields in packing.words:
        if len(fields) == 1:
            packed.append(values[fields[0].index])
        else:
            packed.append(combined((2.0**f.first, values[f.index].shifted(-float(f.low))) for f in fields))
    return packed
