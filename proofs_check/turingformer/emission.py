"""The next token: for every last token and everything that the heads may have found, its logit is above all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from compiler.machines.turingformer.vocabulary import Token, Vocabulary
from proofs_check.lemma import Counterexample, Refuted
from proofs_check.turingformer.heads import INEXACT
from proofs_check.turingformer.stream import FLAG, Array, Cases, Interval, Stream, exactly
from proofs_check.turingformer.wires import Wires


def next_tokens(stream: Stream, wires: Wires, vocabulary: Vocabulary) -> str:
    """Raises Refuted with a case."""
    tried = 0
    emission = _Emission(stream, wires, vocabulary)
    for rows, lists in emission.batches():
        tried += emission.compare(rows, lists)
    return f"{tried:,} cases, each against {len(vocabulary) - 1:,} tokens"


Row = tuple[dict[str, float], int, Token]
"""What is known of wires, the last token and the next."""


@dataclass
class _Emission:
    stream: Stream
    wires: Wires
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        self.tm = self.wires.tm
        self.table = self.tm.table
        weights = self.stream.readback.weights
        read = np.abs(weights.unembedding).sum(0)
        for layer in weights.layers:
            read = read + np.abs(layer.gate).sum(0) + np.abs(layer.up).sum(0)
        rows = weights.embedding[:, read > 0]
        self.of: dict[str, list[tuple[int, Token]]] = {}
        """By sort, a token of each class that neurons and logits do not tell apart."""
        known: set[tuple[str, bytes]] = set()
        for number, token in enumerate(self.vocabulary):
            if (token.kind, rows[number].tobytes()) not in known or token.kind == "run":
                known.add((token.kind, rows[number].tobytes()))
                self.of.setdefault(token.kind, []).append((number, token))

    # -------------------------------------------------------------------------------- what is there to be known

    def unknown(self) -> dict[str, Interval]:
        """Of all that a logit may come from; a case then says more. Whatever is there, it is between these."""
        tapes, r = self.wires.tapes, self.wires.r
        names = [f"{head}.{q}" for head in ("before", "last step", "last state") for q in self.tm.states]
        names += [f"due {d}" for d in range(1, r + 1)] + [f"pos.{k} {i}" for k in tapes for i in range(r)]
        names += [f"base.{k} {i}" for k in tapes for i in range(r)] + [f"head {k} bit 0" for k in tapes]
        names += ["r-th.run", "long.found", "more"] + [f"head here {k}.found" for k in tapes]
        names += [f"symbol {k}.{s}" for k in tapes for s in self.tm.symbols]
        most = 1 + float(INEXACT)
        found = {name: Interval(FLAG.low, FLAG.high * most) for name in names}
        return {**found, "prompt end.seen": exactly([1])}

    def symbols(self, known: bool) -> Iterator[tuple[dict[str, float], tuple[str, ...]]]:
        """What may be found of the cells that are asked for, and the symbols there.

        Where nothing was written, it is the blank. known: each symbol a case; else only whether something was written.
        """
        blank = self.tm.blank
        options: list[tuple[float, str]] = [(0.0, blank), *((1.0, s) for s in (self.tm.symbols if known else ("",)))]
        for choice in product(options, repeat=self.tm.tapes):
            found: dict[str, float] = {}
            for k, (written, symbol) in enumerate(choice):
                found[f"written {k}.found"] = written
                if known or not written:
                    found |= {f"symbol {k}.{s}": float(written and s == symbol) for s in self.tm.symbols}
            yield found, tuple(symbol for _, symbol in choice)

    # --------------------------------------------------------------------------------------------- the cases

    def batches(self) -> Iterator[tuple[list[Row], bool]]:
        """And whether `more` comes out of what is known; elsewhere it may be anything from 0 to 1."""
        for rows in (self._steps(), self._ends(), self._positions(), self._output()):
            yield [*rows], False
        if self.wires.summaries:
            for batch in self._summary():
                yield batch, True

    def _steps(self) -> Iterator[Row]:
        """Transitions, after a step that neither positions nor a summary follow, or where a trace begins again."""
        summaries = self.wires.summaries
        quiet = {"r-th.run": 0.0, "long.found": 0.0} if summaries else {"r-th.run": 0.0}
        for found, read in self.symbols(True):
            for q in self.tm.states:
                following = self.table.get((q, read))
                if following is None:
                    continue
                token = Token("run", *following)
                for number, last in (*self.of["run"], *self.of["einp"]):
                    if (last.state or self.tm.initial) == q and q != self.tm.halting:
                        yield {**found, **quiet}, number, token
                for kind, head in (("epos", "last step"), ("esumm", "before")):
                    if q != self.tm.halting:
                        state = {f"{head}.{other}": float(other == q) for other in self.tm.states}
                        yield {**found, **state}, self.of[kind][0][0], token

    def _ends(self) -> Iterator[Row]:
        """After a step: the output, a summary or positions."""
        summaries = self.wires.summaries
        for found, _ in self.symbols(False):
            for number, last in self.of["run"]:
                for full, long in product((0.0, 1.0), (0.0, 1.0) if summaries else (0.0,)):
                    known = {**found, "r-th.run": full} | ({"long.found": long} if summaries else {})
                    if last.state == self.tm.halting:
                        yield known, number, Token("outp")
                    elif long:
                        yield known, number, Token("summ")
                    elif full:
                        yield known, number, Token("pos")
            for number, _ in self.of["state"]:
                yield found, number, Token("esumm")

    def _positions(self) -> Iterator[Row]:
        """The bits, one after the other."""
        r, tapes = self.wires.r, self.wires.tapes
        for (found, _), values in product(self.symbols(False), product((0, 1), repeat=self.tm.tapes)):
            here = {f"head {k} bit 0": float(values[k]) for k in tapes}
            yield {**found, **here}, self.of["pos"][0][0], Token("bits", bits=values)
            for (number, _), d in product(self.of["bits"], range(1, r + 1)):
                known = {**found, **{f"due {i}": float(i == d) for i in range(1, r + 1)}}
                if d < r:
                    known |= {f"pos.{k} {d}": float(values[k]) for k in tapes}
                yield known, number, Token("bits", bits=values) if d < r else Token("epos")

    def _output(self) -> Iterator[Row]:
        """The first tape, as far as its first blank."""
        for found, read in self.symbols(True):
            following = Token("eoutp") if read[0] == self.tm.blank else Token("symbol", symbols=read[:1])
            for number, _ in (*self.of["outp"], *self.of["symbol"]):
                yield found, number, following

    def _summary(self) -> Iterator[list[Row]]:
        """A cell of each tape while there is one; then the state."""
        tapes = self.wires.tapes
        last = [*self.of["summ"], *self.of["cell"]]
        for (number, _), heads in product(last, product((0, 1), repeat=self.tm.tapes)):
            here = {f"head here {k}.found": float(heads[k]) for k in tapes}
            rows: list[Row] = []
            for found, read in self.symbols(True):
                if any(heads) or any(found[f"written {k}.found"] for k in tapes):
                    cell = Token("cell", symbols=read, heads=tuple(map(bool, heads)))
                    rows.append(({**found, **here}, number, cell))
                    continue
                for q in self.tm.states:
                    state = {f"last state.{other}": float(other == q) for other in self.tm.states}
                    rows.append(({**found, **here, **state}, number, Token("state", q)))
            yield rows

    # ------------------------------------------------------------------------------------------- comparison

    def compare(self, rows: Sequence[Row], lists: bool) -> int:
        """Raises Refuted; returns how many there are."""
        names = sorted({name for known, _, _ in rows for name in known})
        unknown = self.unknown()
        most = float(INEXACT)
        given = {}
        for name in names:
            usual = unknown.get(name, FLAG)
            low = np.array([known.get(name, usual.low[0]) for known, _, _ in rows])
            high = np.array([known.get(name, usual.high[0]) for known, _, _ in rows])
            if name.endswith(".found") and name != "long.found":
                low, high = np.where(low == 1, 1 - most, low), np.where(high == 1, 1 + most, high)
            given[name] = Interval(low, high)
        known = {**unknown, **given}
        if lists:
            del known["more"]
        tokens = np.array([number for _, number, _ in rows])
        wanted = np.array([self.vocabulary.number(token) for _, _, token in rows])
        margins = Cases(self.stream, known, (), tokens).margins(wanted)
        wrong = np.flatnonzero(margins.min(1) <= 0)
        if len(wrong):
            self._refute(rows[int(wrong[0])], margins[wrong[0]])
        return len(rows)

    def _refute(self, row: Row, margins: Array) -> None:
        known, number, token = row
        values = {name: f"{value:g}" for name, value in known.items() if value}
        best = self.vocabulary[int(margins.argmin())]
        raise Refuted(Counterexample(f"after {self.vocabulary[number]}", values, str(token), f"{best} is not below it"))
