"""The transformer of a multi-tape Turing machine, after Brösamle and Eckstein (ICML 2026, arXiv 2605.18079).

As there, positions are bits, a tape cell is found by the bits of its latest write, which are searched for one after the
other from the top, and no attention needs more precision when a trace gets longer: a score is a half-integer that grows
with the number of bits, and of several best positions the mean is taken. Differently from there, heads look at fixed
offsets by relative biases, and the positions of the tape heads are not handed from step to step: what up to r steps do
to a position x, each of which makes max(x + move, 0) of it, is some max(x + a, b), and a and b are put together from
windows of 1, 2, 4, … tokens.

    marks     where the prompt ended; what is in a prompt and what in an output or a summary
    moves     a and b of the latest steps, tape by tape; how many bits were written
    heads     where the tape heads are, in bits
    cells     which cell each token writes, and which it asks for
    search    the latest write to the cell, bit by bit; its symbol
    emit      the transition, or what else follows
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from compiler.circuits import Circuit, relu, step, when
from compiler.circuits.expressions import Expression
from compiler.machines.turingformer.arithmetic import Bits, minus, plus_small
from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.vocabulary import MARKS, Token, Vocabulary

KINDS = (*MARKS, "symbol", "run", "bits", "cell", "state")


def circuit(machine: MultiTape, bits: int, summaries: bool, name: str) -> Circuit[Token]:
    """The circuit for positions of so many bits, an even number from 4 on."""
    return _TuringFormer(machine, bits, summaries, name).build()


def _total(expressions: Iterable[Expression]) -> Expression:
    return sum(expressions, Expression({}, {}))


class _TuringFormer:
    def __init__(self, machine: MultiTape, bits: int, summaries: bool, name: str) -> None:
        self.machine, self.r, self.summaries = machine, bits, summaries
        self.tapes = range(machine.tapes)
        self.c: Circuit[Token] = Circuit(name, Vocabulary(machine), 2**bits, 2)
        self.t = {kind: self.c.feature(kind, lambda t, kind=kind: int(t.kind == kind)) for kind in KINDS}  # type: ignore[misc]
        self.halts = self.feature("halts", lambda t: t.kind == "run" and t.state == machine.halting)
        self.state = {q: self.feature(f"state {q}", partial(self._has_state, q)) for q in machine.states}
        self.writes = [
            {s: self.feature(f"writes {k} {s}", partial(self._writes, k, s)) for s in machine.symbols}
            for k in self.tapes
        ]

    def feature(self, name: str, function: Callable[[Token], bool | int]) -> Expression:
        return self.c.feature(name, lambda t: int(function(t)))

    def _has_state(self, state: str, token: Token) -> bool:
        return state == (self.machine.initial if token.kind == "einp" else token.state)

    @staticmethod
    def _writes(tape: int, symbol: str, token: Token) -> bool:
        return tape < len(token.symbols) and token.symbols[tape] == symbol

    def build(self) -> Circuit[Token]:
        self.marks()
        self.moves()
        self.heads()
        self.cells()
        self.search()
        self.emit()
        return self.c

    # ------------------------------------------------------------------------------------------ marks

    def marks(self) -> None:
        c, t = self.c, self.t
        self.boundary = t["einp"] + t["esumm"] + t["epos"]
        ends = t["einp"] + t["esumm"]
        # Nothing is decoded before the prompt has ended; where there is no end yet, the mean of the flag is 0.
        self.started, *self.end = c.alike(
            "prompt end", ends, seen=ends, **{f"digit {i}": d for i, d in enumerate(c.digits)}
        )
        found = c.offset("before", 1, **self.state, **{f"digit {i}": d for i, d in enumerate(c.digits)})
        self.state_before = dict(zip(self.state, found))
        self.place = found[len(self.state) :]
        """The digits of the position before: in a prompt, the number of the cell that a token is."""
        self.lists = {k: c.wire(f"lists {k}", when(self.started, t[k])) for k in ("summ", "cell", "symbol")}
        self.given = {k: c.wire(f"given {k}", when(t[k], 1 - self.started)) for k in ("cell", "symbol")}
        self.summing = self.lists["summ"] + self.lists["cell"]
        self.listing = t["outp"] + self.lists["symbol"] + self.summing

    # ------------------------------------------------------------------------------------------ moves

    def moves(self) -> None:
        """Windows of 1, 2, 4, … tokens, put together to one of r + 1 or r + 2: it holds the steps since the positions
        were written, and none from before."""
        moves = [self.feature(f"move {k}", partial(self._move, k)) for k in self.tapes]
        zero = Expression({}, {})
        size = min(self.r + 1, self.r + 2, key=int.bit_count)
        level = [*moves, *(zero for _ in self.tapes), self.t["bits"]]
        total: list[Expression] | None = None
        covered = 0
        for j in range(size.bit_length()):
            if size >> j & 1:
                total = level if total is None else self._after(f"window {covered + 2**j}", total, level, covered)
                covered += 2**j
            if 2 ** (j + 1) <= size:
                level = self._after(f"block {2 ** (j + 1)}", level, level, 2**j)
        assert total is not None and covered == size
        self.window = size
        self.shift, self.least = total[: len(moves)], total[len(moves) : -1]
        self.written = total[-1]

    @staticmethod
    def _move(tape: int, token: Token) -> int:
        return "LSR".index(token.moves[tape]) - 1 if token.moves else 0

    def _after(
        self, name: str, newer: Sequence[Expression], older: Sequence[Expression], distance: int
    ) -> list[Expression]:
        """max(x + a, b) of the newer tokens after that of those so far before."""
        c, tapes = self.c, len(self.tapes)
        values = {f"{i}": value for i, value in enumerate(older) if value.wires}
        found = dict(zip(values, c.offset(name, distance, **values)))
        before = [found.get(str(i), Expression({}, {})) for i in range(len(older))]
        a = [newer[k] + before[k] for k in self.tapes]
        b = [
            newer[tapes + k] + c.wire(f"{name} least {k}", relu(before[tapes + k] + newer[k] - newer[tapes + k]))
            for k in self.tapes
        ]
        return [*a, *b, newer[-1] + before[-1]]

    # ------------------------------------------------------------------------------------------ heads

    def heads(self) -> None:
        """The positions of the tape heads after the token, of a step, `pos`, `summ`, or where positions are given."""
        c, t, r = self.c, self.t, self.r
        bit = [self.feature(f"bit {k}", lambda t, k=k: t.bits[k] if t.bits else 0) for k in self.tapes]  # type: ignore[misc]
        read = [c.offset(f"bit {i}", r - i, **{f"{k}": bit[k] for k in self.tapes}) for i in range(r)]
        base: list[Bits] = []
        for k in self.tapes:
            here = self.feature(f"head {k}", lambda t, k=k: t.heads[k] if t.heads else 0)  # type: ignore[misc]
            at = c.alike(f"head {k}", here, **{f"digit {i}": d for i, d in enumerate(self.place)})
            base.append(
                [
                    c.wire(f"base {k} {i}", when(t["epos"], value=read[i][k]) + when(t["esumm"], value=at[i]))
                    for i in range(r)
                ]
            )
        values = {f"{k} {i}": base[k][i] for k in self.tapes for i in range(r)}
        found = c.alike("base", self.boundary, (), r + 1, **values)
        self.head = [
            plus_small(c, f"head {k}", found[k * r : k * r + r], self.shift[k], self.least[k], self.window)
            for k in self.tapes
        ]

    # ------------------------------------------------------------------------------------------ cells

    def cells(self) -> None:
        c, t, r = self.c, self.t, self.r
        values = {f"{k} {i}": self.head[k][i] for k in self.tapes for i in range(r)}
        left = c.offset("left", 1, **values)
        start = c.alike("list", t["outp"] + self.lists["summ"], **{f"digit {i}": d for i, d in enumerate(c.digits)})
        listed = minus(c, "listed", c.digits, start)
        acting = self.boundary + t["run"]
        self.eligible, self.cell, self.asked = [], [], []
        for k in self.tapes:
            given = self.given["cell"] + (self.given["symbol"] if k == 0 else 0)
            self.eligible.append(t["run"] + given)
            self.cell.append(
                [
                    c.wire(f"cell {k} {i}", when(t["run"], value=left[k * r + i]) + when(given, value=self.place[i]))
                    for i in range(r)
                ]
            )
            self.asked.append(
                [
                    c.wire(
                        f"asked {k} {i}",
                        when(acting, value=self.head[k][i]) + when(self.listing, value=listed[i]),
                    )
                    for i in range(r)
                ]
            )

    # ----------------------------------------------------------------------------------------- search

    def search(self) -> None:
        """There is a write to the cell with this bit 1 and the bits found so far, or the bit is 0."""
        self.exists, self.symbol = [], []
        for k in self.tapes:
            pairs = list(zip(self.asked[k], self.cell[k], strict=True))
            self.exists.append(self.any(f"written {k}", self.eligible[k], pairs))
            found: list[tuple[Expression, Expression]] = []
            for i in reversed(range(self.r)):
                digit = self.c.digits[i]
                higher = self.any(f"latest {k} {i}", self.eligible[k], [*pairs, *found, (self.c.one, digit)])
                found.append((higher, digit))
            symbols = self.c.alike(f"symbol {k}", self.eligible[k], found, **self.writes[k])
            self.symbol.append(dict(zip(self.machine.symbols, symbols)))
            self.symbol[k][self.machine.blank] += 1 - self.exists[k]

    def any(self, name: str, eligible: Expression, pairs: Sequence[tuple[Expression, Expression]]) -> Expression:
        """Whether an eligible position has these keys; the first token is none."""
        (found,) = self.c.alike(name, eligible, pairs, found=self.c.one - self.c.first)
        return found

    # ------------------------------------------------------------------------------------------- emit

    def emit(self) -> None:
        """The token that follows has a logit of 1 or more, and above those of all others."""
        c, t = self.c, self.t
        (so_far,) = c.offset("r-th", self.r - 1, run=t["run"])
        full = c.wire("full", when(t["run"], so_far))
        long = self.long()
        self.says("outp", self.halts)
        self.says("summ", c.wire("says summ", relu(t["run"] + long - self.halts - 1)))
        self.says("pos", c.wire("says pos", relu(full - long - self.halts)))
        self.says("esumm", t["state"])
        acts = self.boundary + c.wire("acts", relu(t["run"] - self.halts - long - full))
        self.transitions(acts)
        self.positions()
        self.output()
        if self.summaries:
            self.summary()

    def says(self, kind: str, logit: Expression) -> None:
        self.c.logit(logit, lambda token: int(token.kind == kind))

    def long(self) -> Expression:
        """Whether the trace is long enough for a summary: position 4 e is there, e that of the prompt's last token."""
        if not self.summaries:
            return Expression({}, {})
        zero = Expression({}, {})
        pairs = zip([zero, zero, *self.end], [*self.c.digits, zero, zero], strict=True)
        return self.any("long", self.c.one - self.c.first, list(pairs))

    def transitions(self, acts: Expression) -> None:
        """A neuron for each."""
        c, t = self.c, self.t
        apart = c.offset("last step", self.r + 2, **self.state)
        stepped, begins = t["einp"] + t["run"], t["esumm"]
        now = {
            q: c.wire(
                f"now {q}",
                when(stepped, value=self.state[q])
                + when(t["epos"], value=last)
                + when(begins, value=self.state_before[q]),
            )
            for q, last in zip(self.machine.states, apart)
        }
        makes: dict[Token, Expression] = {}
        for state, read, following in self.machine.transitions:
            seen = [self.symbol[k][s] for k, s in enumerate(read)]
            token = Token("run", *following)
            makes[token] = makes.get(token, Expression({}, {})) + when(acts, now[state], *seen)
        for token, neurons in makes.items():
            c.logit(c.wire(f"makes {token}", neurons), partial(_is, token))

    def positions(self) -> None:
        """After `pos`, the bits of the positions there, the lowest first."""
        c, t, r = self.c, self.t, self.r
        values = {f"{k} {i}": self.head[k][i] for k in self.tapes for i in range(r)}
        there = c.alike("pos", t["pos"], (), r, **values)
        count = self.written
        due = [
            c.wire(f"due {d}", relu(count - (d - 1)) - 2 * relu(count - d) + relu(count - (d + 1)))
            for d in range(1, r + 1)
        ]
        for k in self.tapes:
            says = when(t["pos"], value=2 * self.head[k][0] - 1)
            says = says + _total(when(t["bits"], due[d - 1], value=2 * there[k * r + d] - 1) for d in range(1, r))
            c.logit(c.wire(f"says bit {k}", says), partial(_sign, k))
        self.says("epos", c.wire("says epos", when(t["bits"], due[r - 1])))

    def output(self) -> None:
        c = self.c
        lists = self.t["outp"] + self.lists["symbol"]
        for s, flag in self.symbol[0].items():
            says = c.wire(f"says {s}", when(lists, flag))
            if s == self.machine.blank:
                self.says("eoutp", says)
            else:
                c.logit(says, partial(_is, Token("symbol", symbols=(s,))))

    def summary(self) -> None:
        """A cell of each tape as long as one has been written or has a head; then the state."""
        c = self.c
        here = []
        for k in self.tapes:
            pairs = list(zip(self.asked[k], self.head[k], strict=True))
            here.append(self.any(f"head here {k}", self.lists["summ"], pairs))
        more = c.wire("more", step(_total([*self.exists, *here])))
        goes_on = c.wire("goes on", when(self.summing, more))
        for k in self.tapes:
            for s, flag in self.symbol[k].items():
                c.logit(c.wire(f"says cell {k} {s}", when(goes_on, flag)), partial(_cell, k, s))
            c.logit(c.wire(f"says head {k}", when(goes_on, value=2 * here[k] - 1)), partial(_head, k))
        last = c.alike("last state", self.lists["summ"], **self.state_before)
        for q, flag in zip(self.machine.states, last):
            c.logit(c.wire(f"says state {q}", when(self.summing, 1 - more, flag)), partial(_is, Token("state", q)))


def _is(wanted: Token, token: Token) -> int:
    return int(token == wanted)


def _sign(tape: int, token: Token) -> int:
    return 2 * token.bits[tape] - 1 if token.bits else 0


def _cell(tape: int, symbol: str, token: Token) -> int:
    return int(token.kind == "cell" and token.symbols[tape] == symbol)


def _head(tape: int, token: Token) -> int:
    return 2 * token.heads[tape] - 1 if token.heads else 0
