"""What the embedding of a token says about it: the token features of the RAM circuit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.circuits import Circuit
from compiler.circuits.expressions import Expression
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.vocabulary import BARE, ENDS, JUMPS, RUN, Family, Token, read_families, write_families


@dataclass(frozen=True)
class Features:
    """One wire a field, or a tuple of wires; see `token_features` for their meaning."""

    pc: Expression
    far: Expression
    frame: Expression
    end: Expression
    carry: Expression
    sign: Expression
    value: Expression
    coordinate: Expression
    coordinate_square: Expression
    local: Expression
    next: Expression
    run: Expression
    last: Expression
    group: Expression
    plain_last: Expression
    product_carry: Expression
    product_carry_value: Expression
    product_carry_zero: Expression
    quotient: Expression
    quotient_value: Expression
    remainder_value: Expression
    trimmed: tuple[Expression, Expression]
    significant: tuple[Expression, Expression]
    breaks: Expression
    data: Expression
    call: Expression
    write_address: tuple[Expression, ...]
    read_address: tuple[Expression, ...]
    next_address: tuple[Expression, ...]
    opcode: Expression
    opcodes: dict[Opcode, Expression]


def token_features(c: Circuit[Token], layout: Layout) -> Features:
    """Declares every token feature."""
    b, g = layout.base, layout.groups
    top = g - 1
    write, read = write_families(g), read_families(g)
    opcodes = list(Opcode)

    def flag(name: str, holds: Callable[[Token], bool]) -> Expression:
        return c.feature(name, lambda t: int(holds(t)))

    def family(name: str, *families: Family) -> Expression:
        return flag(name, lambda t: t.family in families)

    def coordinate(t: Token) -> int:
        """Of a cell's name: an operand's slot, an address group (the top one below zero), a frame."""
        if t.family == Family.N:
            return t.value - (layout.first_next - layout.first_local) * (t.value >= layout.first_next)
        if t.family in (write[top], read[top]):
            return -t.value
        return t.value if t.family == Family.FRAME or t.family in write + read else 0

    def pc(t: Token) -> int:
        return {Family.F: b * t.value, **dict.fromkeys(JUMPS, t.value)}.get(t.family, int(t.family in ENDS))

    def address(family: Family) -> Expression:
        # In prompts, a frame may stand in the place of the last group that is written.
        families = (family, Family.FRAME) if family is write[top] else (family,)
        return flag(family.value, lambda t: t.family in families)

    return Features(
        pc=c.feature("pc", pc),
        far=c.feature("far", lambda t: pc(t) if t.family == Family.F else 0),
        frame=c.feature("frame", lambda t: {Family.CALL: 1, Family.RET: -1}.get(t.family, 0)),
        end=family("end", *ENDS),
        carry=flag("carry", lambda t: t.flag == 1 and t.family in (Family.D, *write, *read)),
        sign=flag("sign", lambda t: t.flag == 1 and t.family in (Family.L, Family.T)),
        value=c.feature("value", lambda t: t.value if t.family not in BARE | JUMPS | {Family.OP, Family.F} else 0),
        coordinate=c.feature("coordinate", coordinate),
        coordinate_square=c.feature("coordinate squared", lambda t: coordinate(t) ** 2),
        local=flag("local", lambda t: t.family == Family.N and t.value >= layout.first_local),
        next=flag("next", lambda t: t.family == Family.N and t.value >= layout.first_next),
        run=family("run", *RUN),
        last=family("last", Family.L, Family.T),
        group=family("D", Family.D),
        plain_last=family("L", Family.L),
        product_carry=family("K", Family.K),
        product_carry_value=c.feature("K value", lambda t: t.value if t.family == Family.K else 0),
        product_carry_zero=flag("K zero", lambda t: t == Token(Family.K, 0)),
        quotient=family("Q", Family.Q),
        quotient_value=c.feature("Q value", lambda t: t.value if t.family == Family.Q else 0),
        remainder_value=c.feature("H value", lambda t: t.value if t.family == Family.H else 0),
        trimmed=(
            flag("T+", lambda t: (t.family, t.flag) == (Family.T, 0)),
            flag("T-", lambda t: (t.family, t.flag) == (Family.T, 1)),
        ),
        significant=(
            # The first token stands for "there is none yet".
            flag("D not 0", lambda t: t.family == Family.BOS or (t.family == Family.D and t.value != 0)),
            flag("D not B-1", lambda t: t.family == Family.BOS or (t.family == Family.D and t.value != b - 1)),
        ),
        breaks=flag("breaks", lambda t: t.family not in RUN | {Family.K}),
        data=family("data", Family.D, write[top], read[top]),
        call=family("is call", Family.CALL),
        write_address=tuple(map(address, write)),
        read_address=tuple(map(address, read)),
        next_address=tuple(family(f"next address {i}", write[i - 1], read[i - 1]) for i in range(1, g)),
        opcode=family("OP", Family.OP),
        opcodes={o: flag(o.name, Token(Family.OP, n).__eq__) for n, o in enumerate(opcodes)},
    )
