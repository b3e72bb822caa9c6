"""The two-tape Post-Turing machine of Qiu et al. (ICLR 2025) as a circuit: their tokens, our heads.

Their construction points at a tape cell with the unit vector along (x, 1), and prefers later writes by a term whose
steps shrink like I**-6 / 2 with the position I; both run out of digits after a few hundred or thousand tokens. Here

- a position in the trace comes with its digits in base R, with R**3 = M positions in all;
- how far a head has moved is a running sum; looking the position of that number up gives exact digits. It is looked
  up with both signs, since no position is negative: of x and -x one finds the digits of |x|, the other those of 0,
  and the difference is a name for cell x, three numbers below R in size;
- the latest write to a cell is found by the squared distance of names, at most 12 R*R, and recency in steps of
  1/2M below that. It takes 50 bits for M = 2**27 positions, which a float64 has.

Read top-down, a method a layer: at each position the token there is *the current token*, and what is decided is the
token after it.

    marks     where the program ended, and the latest instruction, jump and output began       attention 1
    sums      instructions so far, where the heads are; how far into an instruction we are     attention 2
    names     of the next instruction and of the cells under the heads                         attention 3
    lookups   the token of the program that is next, and the cells                             attention 4
    emit      the next token                                                                   unembedding
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from compiler.circuits import Circuit, relu, when
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression, Number
from compiler.machines.ptm.vocabulary import UNARY, Token, Vocabulary

TAPES = ("A", "B")
PLACES = 3
"""Digits of a position: more of them are smaller numbers, but more coordinates of a name."""


def radix_for(max_tokens: int) -> int:
    """The base in which positions below a power of two have `PLACES` digits (or fewer)."""
    return int(2 ** -(-(max_tokens.bit_length() - 1) // PLACES))


def _is(token: Token) -> Callable[[Token], int]:
    return lambda t: int(t is token)


def _sum(expressions: Iterable[Expression]) -> Expression:
    return sum(expressions, Expression({}, {}))


def circuit(max_tokens: int = MAX_TOKENS) -> Circuit[Token]:
    """The circuit for traces of up to `max_tokens` tokens, a power of two."""
    return _PostTuring(max_tokens).build()


class _Name:
    """A number by its digits, each an integer wire or a difference of two."""

    def __init__(self, digits: Sequence[Expression], square: Expression) -> None:
        self.digits = list(digits)
        self.square = square
        """The sum of the squared digits."""

    def matches(self, key: _Name) -> list[tuple[Expression, Expression]]:
        return list(zip(self.digits, key.digits, strict=True))


class _PostTuring:
    def __init__(self, max_tokens: int) -> None:
        self.c = Circuit("ptm", Vocabulary(), max_tokens, radix_for(max_tokens))
        self.token = {t: self.c.feature(t.value, _is(t)) for t in Token}

    def build(self) -> Circuit[Token]:
        self.marks()
        self.sums()
        self.names()
        self.lookups()
        self.emit()
        return self.c

    def current(self, weight: Callable[[Token], Number]) -> Expression:
        """The weight of the current token: the embedding is one-hot."""
        return _sum(weight(t) * self.token[t] for t in Token)

    # ------------------------------------------------------------------------------------------ marks

    def marks(self) -> None:
        c, t = self.c, self.token
        opens = self.current(lambda o: o.opens_instruction)
        # Where a head finds nothing, it sees the current position: the flag is 0 there, and the distance.
        (self.running,) = c.latest("program end", eligible=t[Token.END], seen=t[Token.END])
        (start,) = c.latest("instruction start", eligible=opens, at=c.position)
        self.jumping, jump = c.latest(
            "jump", eligible=t[Token.TAKEN] + t[Token.JUMP_ENDS], open=t[Token.TAKEN], at=c.position
        )
        self.halted, output = c.latest("output", eligible=t[Token.OUTPUT], seen=t[Token.OUTPUT], at=c.position)
        self.loading = 1 - self.running
        # What a token does, it does only after the program.
        self.steps = c.wire("steps", when(self.running, value=self.current(lambda o: o.steps)))
        self.opens = c.wire("opens", when(self.loading, opens))
        self.move, self.writes = {}, {}
        for tape in TAPES:
            move = self.current(lambda o, tape=tape: o.move * (o.tape == tape))  # type: ignore[misc]
            writes = self.current(lambda o, tape=tape: o.writes * (o.tape == tape))  # type: ignore[misc]
            self.move[tape] = c.wire(f"move {tape}", when(self.running, value=move))
            self.writes[tape] = c.wire(f"writes {tape}", when(self.running, writes))
        # Within an instruction of the program: its how-manieth token this is; in a jump: which one is next;
        # in the output: the number of the cell that says whether there is another bit.
        self.count = c.wire(
            "count",
            when(self.loading, value=c.position - start)
            + when(self.running, self.jumping, value=c.position + 1 - jump)
            + when(self.running, self.halted, value=2 * (c.position - output)),
        )
        # The unary tokens of a jump have moved on already; until it ends, the jump itself is the next instruction.
        unary = c.position - jump
        self.back = c.wire("back", when(t[Token.BACK], value=unary) - when(t[Token.ON], value=unary))

    # ------------------------------------------------------------------------------------------- sums

    def sums(self) -> None:
        """Means, times the number of tokens; the lookups of `names` wipe out their rounding."""
        c = self.c
        summands = {"steps": self.steps, "opens": self.opens, **{tape: self.move[tape] for tape in TAPES}}
        means = c.mean("mean", **summands)
        self.sum = {name: c.wire(f"sum {name}", relu(c.position + 1, mean)) for name, mean in zip(summands, means)}
        self.offset = self.name("offset", self.count)

    # ------------------------------------------------------------------------------------------ names

    def names(self) -> None:
        # Instructions of the program are counted from 1: the name of none is 0.
        self.next = self.name("next instruction", self.sum["steps"] + self.back + 1)
        self.own = self.name("own instruction", self.sum["opens"])
        self.cell = {}
        for tape in TAPES:
            right, left = self.name(f"{tape} right", self.sum[tape]), self.name(f"{tape} left", -self.sum[tape])
            digits = [one - other for one, other in zip(right.digits, left.digits)]
            self.cell[tape] = _Name(digits, right.square + left.square)

    def name(self, label: str, number: Expression) -> _Name:
        """The digits of an integer from 0 to the current position; of 0 for a negative one."""
        c = self.c
        digits = c.at(label, number, **{f"digit {i}": d for i, d in enumerate(c.digits)})
        return _Name(digits, c.wire(f"{label} squared", _sum(relu(d, d) for d in digits)))

    # ---------------------------------------------------------------------------------------- lookups

    def lookups(self) -> None:
        c, t = self.c, self.token
        carried = [o for o in Token if o.tape or o in UNARY]
        found = c.latest(
            "instruction",
            self.loading - t[Token.BEGIN],
            [*self.next.matches(self.own), *self.offset.matches(self.offset)],
            self.own.square + self.offset.square,
            self.next.square + self.offset.square,
            **{o.value: t[o] for o in carried},
        )
        self.found = dict(zip(carried, found))
        self.bit = {tape: self.read(f"{tape} cell", tape, self.cell[tape]) for tape in TAPES}
        # The cell after an even one differs from it in the lowest digit, by 1: the base is even.
        first, *others = self.offset.digits
        self.more = self.read("output mark", "A", self.offset)
        self.output = self.read("output bit", "A", _Name([first + 1, *others], self.offset.square + 2 * first + 1))

    def read(self, label: str, tape: str, cell: _Name) -> Expression:
        """The bit that was last written to a cell; `^`, the default, has 0."""
        key = self.cell[tape]
        (bit,) = self.c.latest(
            label,
            self.writes[tape],
            cell.matches(key),
            key.square,
            cell.square,
            bit=self.token[Token.A1 if tape == "A" else Token.B1],
        )
        return bit

    # ------------------------------------------------------------------------------------------- emit

    def emit(self) -> None:
        """The right token has logit 1 and all others at most 0; in the output, 2 and at most 1."""
        c, found = self.c, self.found
        jumps = [o for o in Token if o.jumps]
        repeated = {o: flag for o, flag in found.items() if not o.jumps}
        is_jump = _sum(found[o] for o in jumps)
        holds = {o: self.bit[o.tape] if o.bit else 1 - self.bit[o.tape] for o in jumps}
        taken = c.wire("taken", _sum(when(found[o], bit) for o, bit in holds.items()))
        logits = {
            **repeated,
            Token.TAKEN: taken,
            Token.NOT_TAKEN: is_jump - taken,
            Token.OUTPUT: 1 - is_jump - _sum(repeated.values()),
            Token.END: c.wire("output ends", 2 * when(self.halted, 1 - self.more)),
            Token.ONE: c.wire("output 1", 2 * when(self.halted, self.more, self.output)),
            Token.ZERO: c.wire("output 0", 2 * when(self.halted, self.more, 1 - self.output)),
        }
        for o, logit in logits.items():
            c.logit(logit, _is(o))
