"""The function that goes through a run:

    drive(words, embedding, log, buffer, begin, soft, hard, run, fixed, counts)

decodes like `run` of the indexed engine, from buffer[begin] on: with fragments where one fits, else a token at a time
with `run`. It returns how far it came, at least to `soft` and at most to `hard`, or why not (words[STATUS]); after some
tokens of `run` it returns early, so that what is missing can be recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interpreter.engines.indexed.memory import POSITION as POSITION_WORD
from interpreter.engines.indexed.memory import PROMPT, RETURNED, STATUS, Table
from interpreter.engines.specialised.fragment import Guard
from interpreter.engines.specialised.policy import COLD, PATIENCE
from interpreter.engines.specialised.polynomials import variable
from interpreter.engines.specialised.support import Test
from interpreter.engines.specialised.values import Values

if TYPE_CHECKING:
    from interpreter.engines.specialised.region import Region

SHARED = {"i": 0, "scratch": 1}
"""What functions share, in words: the place in the buffer, and numbers that are handed over or are to be written."""
LABELS = ("aside", "no_room")
"""Where `drive` goes on: with any fragment that begins here, or out; the next numbers are of fragments that failed."""


class Drive:
    """Writes it; tests: of the entries of fragments, those that are data."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.tests: list[tuple[Test, ...]] = []

    def write(self) -> None:
        """The whole function."""
        r = self.region
        r.add(
            "define i64 @drive(ptr noalias captures(none) %words, ptr noalias %embedding, ptr noalias %log,"
            " ptr noalias %buffer,"
        )
        r.add(" i64 %begin, i64 %soft, i64 %hard, ptr %run, ptr noalias %fixed, ptr noalias %counts) {")
        r.add("entry:")
        # As many numbers as a state has are all that can be handed over or written.
        r.add(f"%shared = alloca [{SHARED['scratch'] + r.state.size} x i64]")
        for name, place in SHARED.items():
            r.add(f"%{name} = getelementptr inbounds i64, ptr %shared, i64 {place}")
        for name in ("logged", "cold_now", "went"):
            r.add(f"%{name} = alloca i64")
        r.add("store i64 %begin, ptr %i")
        r.add("store i64 %begin, ptr %logged")
        r.add("store i64 0, ptr %cold_now")
        r.resolve()
        first = r.let(f"load i64, ptr {r.at('%words', str(POSITION_WORD))}")
        r.add(f"%delta = sub i64 {first}, %begin")
        r.add(f"%prompt = load i64, ptr {r.at('%words', str(PROMPT))}")
        r.add(f"%patience = load i64, ptr {r.at('%counts', str(PATIENCE))}")
        r.add("br label %dispatch")
        self._dispatch()
        self._returned()
        self._cold()
        r.add("}")

    def _dispatch(self) -> None:
        """Where a state that nothing is known of goes on."""
        r = self.region
        r.add("dispatch:")
        here = r.let("load i64, ptr %i")
        r.add(f"br i1 {r.let(f'icmp slt i64 {here}, %soft')}, label %choose, label %leave")
        r.add("choose:")
        if r.main is None:
            self._chain(sorted(r.rank, key=r.rank.__getitem__))
            return
        value = r.let(f"load double, ptr {r.at('%words', str(r.state.slots[r.main]))}")
        whole = r.let(f"fptosi double {value} to i64")
        cases = {value: r.label("case") for value in r.by_main if value.is_integer()}
        table = " ".join(f"i64 {int(v)}, label %{name}" for v, name in cases.items())
        r.add(f"switch i64 {whole}, label %unknown [{table}]")
        for v, name in cases.items():
            r.add(f"{name}:")
            self._chain(r.by_main[v])

    def _chain(self, candidates: Sequence[int]) -> None:
        r = self.region
        for n in candidates:
            f, row = r.fragments[n], r.row()
            values, otherwise = Values(r, f.variables, {}), self._otherwise(n)
            plain = [(guard, test) for guard in f.entry if (test := self._plain(guard))]
            listed = {id(guard) for guard, _ in plain}
            self.tests.append(tuple(test for _, test in plain))
            held = r.let(f"call i1 @fits(ptr %words, ptr {row}, i64 {len(self.tests) - 1})")
            for guard in (None, *(g for g in f.entry if id(g) not in listed)):
                go = r.label("go")
                held = values.holds(guard) if guard else held
                r.add(f"br i1 {held}, label %{go}, label %{otherwise}")
                r.add(f"{go}:")
            r.tally(((-1, 0, None), n))
            r.hand_over(n, values, variable)
            r.add(f"{otherwise}:")
        r.add("br label %unknown")

    def _otherwise(self, n: int) -> str:
        """Where it goes on that a fragment does not fit: with the next one that begins with the same `main`."""
        r = self.region
        if r.main is not None and not r.fragments[n].given[r.main].is_integer():
            return "unknown"
        return f"no{n}"

    def _plain(self, guard: Guard) -> Test | None:
        """A guard about one number of the state as data: code for each of them would be most of the code."""
        if len(guard.polynomial.terms) != 1:
            return None
        state = self.region.state
        [(monomial, factor)] = guard.polynomial.terms.items()
        kind = state.kind(monomial[0])
        if len(monomial) != 1 or kind not in ("slot", "column"):
            return None
        v = monomial[0]
        place = state.slots[v] if kind == "slot" else -1 - state.columns[v]
        return place, factor, guard.polynomial.constant, guard.is_zero

    def _returned(self) -> None:
        """Where a fragment has said that it goes on."""
        r = self.region
        r.add("returned:")
        labels = [*LABELS, *map(self._otherwise, range(len(r.fragments)))]
        table = " ".join(f"i64 {number}, label %{label}" for number, label in enumerate(labels))
        r.add(f"switch i64 {r.let('load i64, ptr %went')}, label %unknown [{table}]")

    def _cold(self) -> None:
        """A token of the indexed engine, and the ends of the function."""
        r = self.region
        r.add("aside:")
        r.count_failed()
        r.add("br label %dispatch")
        r.add("no_room:")
        begins = r.let("load i64, ptr %i")
        r.add(f"br i1 {r.let(f'icmp slt i64 {begins}, %soft')}, label %step, label %leave")
        r.add("unknown:")
        so_far = r.let("load i64, ptr %cold_now")
        r.add(f"br i1 {r.let(f'icmp slt i64 {so_far}, %patience')}, label %step, label %leave")
        for name in ("leave", "step"):
            r.add(f"{name}:")
            here = r.let("load i64, ptr %i")
            since = r.let("load i64, ptr %logged")
            position = r.let(f"add i64 {here}, %delta")
            r.add(f"store i64 {position}, ptr {r.at('%words', str(POSITION_WORD))}")
            r.add(f"call void @flush(ptr %log, ptr %buffer, i64 {since}, i64 {here}, i64 %delta, i64 %prompt)")
            if name == "leave":
                r.add(f"store i64 {RETURNED}, ptr {r.at('%words', str(STATUS))}")
                r.add(f"ret i64 {here}")
        r.add(f"br i1 {r.let(f'icmp slt i64 {here}, %hard')}, label %one, label %full")
        r.add("full:")
        r.add(f"store i64 {RETURNED}, ptr {r.at('%words', str(STATUS))}")
        r.add(f"ret i64 {here}")
        r.add("one:")
        after, before = r.let(f"add i64 {here}, 1"), self._rows()
        done = r.let(
            "call i64 %run(ptr captures(none) %words, ptr %embedding, ptr %log, ptr %buffer,"
            f" i64 {here}, i64 {after}, i64 0)"
        )
        r.add(f"store i64 {done}, ptr %i")
        r.add(f"store i64 {done}, ptr %logged")
        # A row that is there now must not be taken to be missing.
        changed, search, found = r.let(f"icmp ne i64 {self._rows()}, {before}"), r.label("search"), r.label("on")
        r.add(f"br i1 {changed}, label %{search}, label %{found}")
        r.add(f"{search}:")
        r.resolve()
        r.add(f"br label %{found}")
        r.add(f"{found}:")
        r.count(r.at("%counts", str(COLD)))
        r.count("%cold_now")
        status = r.let(f"load i64, ptr {r.at('%words', str(STATUS))}")
        r.add(f"br i1 {r.let(f'icmp eq i64 {status}, {RETURNED}')}, label %dispatch, label %stopped")
        r.add("stopped:")
        r.add(f"ret i64 {done}")

    def _rows(self) -> str:
        """How many rows all tables have in use."""
        r = self.region
        total = "0"
        for table in r.tables:
            count = r.let(f"load i64, ptr {r.at('%words', str(table.word + Table.COUNT))}")
            total = r.let(f"add i64 {total}, {count}")
        return total
