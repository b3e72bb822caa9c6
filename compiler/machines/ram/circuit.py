"""The RAM as a circuit: what `semantics` does, in heads and gates over named wires.

Read top-down, a method a stage. At position p, the token at p is *the current token*; the circuit decides
the token after it, which belongs to the instruction that `pc` names.

    history   how far the run has come, what the last addresses and groups were          attention 1
    fetch     the instruction to execute, and the one that the current token belongs to   attention 2
    cells     which cells are read next, and which cell and group the current token wrote
    operands  top groups, then the groups asked for                                       attention 3, 4
    combine   sums, products, quotients, comparisons, jumps
    emit      which family of tokens is next, and with which value and flag               unembedding
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compiler.circuits import Circuit, relu, step, when
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression
from compiler.machines.ram.cells import CellName, Operand, heap_cell
from compiler.machines.ram.features import token_features
from compiler.machines.ram.isa import COMPARISONS, Layout, Opcode
from compiler.machines.ram.vocabulary import BARE, Token, address_families, vocabulary


def circuit(layout: Layout, max_tokens: int = MAX_TOKENS) -> Circuit[Token]:
    """The circuit of the RAM with this layout, for traces of at most `max_tokens` tokens (a power of two)."""
    return RamCircuit(layout, max_tokens).build()


def _is(family: str) -> Callable[[Token], int]:
    return lambda t: int(t.family == family)


Address = list[tuple[Expression, Expression]]
"""Of each group its coordinate and the square of that."""


@dataclass(frozen=True)
class Top:
    """Of a cell: the index of its top group, that group, and the sign."""

    index: Expression
    value: Expression
    sign: Expression


class RamCircuit:
    """Few layers come first here; `deep` has what changes where they cost nothing."""

    def __init__(self, layout: Layout, max_tokens: int) -> None:
        self.layout = layout
        self.b, self.g = layout.base, layout.groups
        shorter = "" if max_tokens == MAX_TOKENS else f"-{max_tokens}"
        self.c = Circuit(f"ram-{self.b}-{self.g}{shorter}", vocabulary(layout), max_tokens)
        self.t = token_features(self.c, layout)

    def build(self) -> Circuit[Token]:
        self.history()
        self.fetch()
        self.cells()
        self.operands()
        self.combine()
        self.emit()
        return self.c

    # ---------------------------------------------------------------------------------------- history

    def history(self) -> None:
        c, t = self.c, self.t
        mean_pc, mean_frame = c.mean("mean", pc=t.pc, frame=t.frame)
        # The means times the number of tokens; the lookups of `fetch` wipe out their rounding.
        self.pc = c.wire("pc sum", relu(c.position + 1, mean_pc))
        self.frames = c.wire("frame sum", relu(c.position + 1, mean_frame))
        self.previous_end, self.previous_value, previous_far, self.previous_carry = c.previous(
            "previous", end=t.end, value=t.value, far=t.far, K=t.product_carry
        )
        self.pc_before = self.pc - t.pc - previous_far
        # Where the group that a T repeats stands: the latest that is not all sign.
        self.significant = [
            c.latest(f"significant{s}", eligible=t.significant[s], at=c.position, value=t.value) for s in (0, 1)
        ]
        shift = (when(t.trimmed[s], value=self.significant[s][0] - c.position) for s in (0, 1))
        self.written_at = c.position + c.wire("shift", sum(shift, Expression({}, {})))
        (self.break_at,) = c.latest("break", eligible=t.breaks, at=c.position)
        self.write_address, self.read_address = self.addresses()

    def addresses(self) -> tuple[Address, Address]:
        """The latest address of a write and of a read: of each group its coordinate and the square of that."""

        def address(letter: str, flags: tuple[Expression, ...]) -> Address:
            heads = [
                self.c.latest(f"address {letter}{i}", f, value=self.t.coordinate, square=self.t.coordinate_square)
                for i, f in enumerate(flags)
            ]
            return [(value, square) for value, square in heads]

        return address("A", self.t.write_address), address("R", self.t.read_address)

    # ------------------------------------------------------------------------------------------ fetch

    def fetch(self) -> None:
        """Instruction k stands at positions 4k + 1 to 4k + 4."""
        c, t = self.c, self.t
        fields = self.operand_fields()
        here = 4 * (self.pc - t.far)
        of_opcode = {o.name: f for o, f in t.opcodes.items()} | self.opcode_fields()
        self.is_opcode, *flags = c.at("opcode", here + 1, opcode=t.opcode, **of_opcode)
        self.op, self.of_opcode = dict(zip(t.opcodes, flags)), dict(zip(of_opcode, flags))
        self.x_operand = Operand(*c.at("x", here + 2, **fields))
        *y, self.y_value = c.at("y", here + 3, **fields, value=t.value)
        *z, self.z_value, z_at = c.at("z", here + 4, **fields, value=t.value, at=c.position)
        self.y_operand, self.z_operand = Operand(*y), Operand(*z)
        self.pc_exact = z_at / 4 - 1

        before = 4 * self.pc_before
        was_int, was_char = c.at("writer", before + 1, INT=t.opcodes[Opcode.OUTI], CHAR=t.opcodes[Opcode.OUTC])
        self.was_out = was_int + was_char
        *z, writer_at = c.at("target", before + 4, **fields, at=c.position)
        self.target_operand = Operand(*z)
        self.writer_pc = writer_at / 4 - 1

        self.frame, self.frame_square = c.at("frame number", self.frames + 1, at=c.position, square=c.square)
        self.start, self.started_store, self.started_product = c.latest(
            "start", eligible=self.previous_end, at=c.position, A0=t.write_address[0], K=t.product_carry
        )
        (self.second_previous_value,) = c.previous("second previous", value=self.previous_value)

    def operand_fields(self) -> dict[str, Expression]:
        """What an operand of an instruction is read as, see `Operand`."""
        t = self.t
        return {"local": t.local, "next": t.next, "slot": t.coordinate, "slot_square": t.coordinate_square}

    def opcode_fields(self) -> dict[str, Expression]:
        """What is read of an opcode besides which one it is."""
        return {}

    # ------------------------------------------------------------------------------------------ cells

    def cells(self) -> None:
        c, t, op = self.c, self.t, self.op
        indirect = op[Opcode.LOAD] + op[Opcode.STORE]
        self.addressing = c.wire("addressing", when(indirect, 1 - t.data))

        x, y, z, target = self.operand_cells()
        # Once the address is written, LOAD reads the heap and STORE its operand z, both in the place of x.
        x = self.before_copying(x, indirect) + heap_cell(self.read_address).only(op[Opcode.LOAD], t.data)
        x = x + z.only(op[Opcode.STORE], t.data)
        # Only heap addresses have a coordinate below zero, the last one; and the scratch cell.
        *self.x, self.x_square = self.named("x cell", x.expressions(), signed=(self.g - 1,))
        *self.y, self.y_square = self.named("y cell", y.expressions())

        # Digits of a quotient, and groups that are only output, go to the scratch cell (-1, 0, …).
        out = when(self.was_out, 1 - self.started_store)
        elsewhere = 1 - self.started_store - t.quotient - self.was_out
        name = target.only(elsewhere) + heap_cell(self.write_address).only(self.started_store)
        coordinates = name.expressions()
        coordinates[0] = coordinates[0] - t.quotient - out
        coordinates[-1] = coordinates[-1] + t.quotient + out
        *self.w, self.w_square = self.named("written cell", coordinates, signed=(0, self.g - 1))

        # The index of the group that the current token wrote: tokens since the run of groups began, every
        # second token in a product (whose last group may come without a carry before it).
        product = self.started_product
        self.written_index = c.wire(
            "written index",
            relu(self.written_at - self.start - product, 1 - product / 2)
            - relu(self.break_at + 1 - self.start)
            + when(t.breaks, value=c.position + 1 - self.start)
            + when(t.plain_last, 1 - self.previous_carry, product) / 2,
        )
        self.written_index_square = c.wire("written index squared", relu(self.written_index, self.written_index))
        self.count()

    def before_copying(self, x: CellName, indirect: Expression) -> CellName:
        """x but for LOAD and STORE that have their address."""
        return x + x.only(indirect, self.t.data, sign=-1)

    def operand_cells(self) -> tuple[CellName, ...]:
        """The cells that the operands x, y, z and that of the write name."""
        operands = (self.x_operand, self.y_operand, self.z_operand, self.target_operand)
        return tuple(o.cell(self.g, self.frame, self.frame_square) for o in operands)

    def count(self) -> None:
        """How many tokens of its instruction there are."""
        self.emitted = self.c.wire("emitted", when(1 - self.t.end, value=self.c.position + 1 - self.start))

    def named(self, name: str, expressions: list[Expression], signed: tuple[int, ...] = ()) -> list[Expression]:
        """Wires for the coordinates of a cell and, the last one, its squared length; `signed` ones may be negative."""
        labels = [str(i) for i in range(len(expressions) - 1)] + ["squared"]
        return [self.c.wire(f"{name} {label}", e) for label, e in zip(labels, expressions)]

    # --------------------------------------------------------------------------------------- operands

    def operands(self) -> None:
        c, t, op = self.c, self.t, self.op
        self.x_top, self.y_top = (
            Top(*c.latest(
                f"top {name}", t.last, list(zip(cell, self.w)), self.w_square, square,
                index=self.written_index, value=t.value, sign=t.sign,
            ))
            for name, cell, square in (("x", self.x, self.x_square), ("y", self.y, self.y_square))
        )  # fmt: skip
        (caller_at,) = c.latest("caller", t.call, [(self.frame, self.frame)], self.frame_square, pc=self.writer_pc)
        self.caller = caller_at

        self.comparison = sum((op[o] for o in COMPARISONS), 0 * c.one)
        self.division = op[Opcode.QUO] + op[Opcode.REM]
        self.binary = op[Opcode.ADD] + op[Opcode.SUB]
        self.copying = c.wire("copying quotient", when(op[Opcode.QUO], t.group))
        self.shift_start = c.wire("shift start", when(op[Opcode.SHL], 1 - t.group))

        following = self.written_index + 1
        address_index = sum(((i + 1) * f for i, f in enumerate(t.next_address)), 0 * c.one)
        in_product = self.in_product()
        x_index = c.wire(
            "x index",
            address_index
            + op[Opcode.SHR]
            + when(t.group, 1 - op[Opcode.QUO], value=following - op[Opcode.SHL])
            + in_product
            + self.x_from_top(),
        )
        y_index = c.wire(
            "y index",
            address_index + when(t.group, self.binary, value=following) + self.y_from_top(),
        )
        # The digits of a quotient were written to scratch top down, every second token.
        digit = when(op[Opcode.QUO], t.group, value=2 * (self.x_top.index - following))
        scratch = [c.wire(f"x group cell {i}", e - when(op[Opcode.QUO], t.group, value=e + (i == 0)))
                   for i, e in enumerate(self.x)]  # fmt: skip
        groups = self.w_square + self.written_index_square
        keys = [*self.w, self.written_index]
        x_group, y_group = (
            c.latest(f"group {name}", t.run + t.quotient, list(zip([*cell, index], keys)), groups, value=t.value)[0]
            for name, cell, index in (("x", scratch, x_index + c.wire("digit", digit)), ("y", self.y, y_index))
        )

        in_scratch = c.wire("in scratch", when(op[Opcode.QUO], t.group, value=1 - self.x_top.index))
        x_below = self.x_top.index - x_index + in_scratch
        self.x_value = self._group("x value", self.x_top, x_below, x_group)
        self.y_value_group = self._group("y value", self.y_top, self.y_top.index - y_index, y_group)
        self.lowest = self.is_lowest(x_index)

        index = c.wire("index", when(t.group, value=following) + in_product)
        self.remaining = (
            self.x_top.index
            + c.wire("y longer by", relu(self.y_top.index - self.x_top.index, self.binary))
            - op[Opcode.SHR]
            + op[Opcode.SHL]
            - index
        )

    def in_product(self) -> Expression:
        """Behind a K, which row of the product it belongs to."""
        return when(self.t.product_carry, value=(self.c.position - self.start) / 2)

    def x_from_top(self) -> Expression:
        """What goes from the top down: divisions, every second token, and comparisons."""
        row = (self.emitted - self.t.quotient) / 2
        return when(self.division, 1 - self.t.group, value=self.x_top.index - row) + when(
            self.comparison, value=self.x_top.index - self.emitted
        )

    def y_from_top(self) -> Expression:
        return when(self.comparison, value=self.y_top.index - self.emitted)

    def is_lowest(self, index: Expression) -> Expression:
        return 1 - self.c.wire("above lowest", step(index))

    def _group(self, name: str, top: Top, below: Expression, group: Expression) -> Expression:
        """The group `below` places below the top: one found in memory, the top itself, or all sign above it."""
        fill = (self.b - 1) * top.sign
        return self.c.wire(name, fill + step(below + 1, top.value - fill) + step(below, group - top.value))

    # ---------------------------------------------------------------------------------------- combine

    def combine(self) -> None:
        self.phases()
        self.sums()
        self.quotients()
        self.comparisons()
        self.jumps()

    def phases(self) -> None:
        """Which part of its instruction the next token is."""
        c, t, op = self.c, self.t, self.op
        mul = op[Opcode.MUL]
        second = self.is_second()
        at_top, self.past, self.product_row = self.tops()
        self.several = t.group + c.wire("several", when(t.product_carry, second))
        self.emit_product_carry = c.wire("emit K", when(self.product_row, 1 - t.product_carry))
        self.first_step = 1 - second

        # A value is being written, lowest group first; it may end here unless the sum says otherwise.
        copies = (Opcode.SHR, Opcode.SHL, Opcode.LOAD, Opcode.STORE, Opcode.OUTI, Opcode.OUTC)
        plain = self.binary + self.copying - self.addressing + sum((op[o] for o in copies), 0 * c.one)
        self.writing = plain + c.wire("product group", when(mul, t.product_carry) + when(mul, t.group, self.past))
        self.may_end = c.wire(
            "may end",
            when(plain, at_top)
            + when(mul, t.group, self.past)
            + when(mul, t.product_carry, t.product_carry_zero, at_top, 1 - self.x_top.sign),
        )
        self.second = second

    def is_second(self) -> Expression:
        """Whether the instruction has two tokens or more."""
        return self.c.wire("second", step(self.emitted - 1))

    def tops(self) -> tuple[Expression, Expression, Expression]:
        """Whether the next group is the operands' last one or beyond it; beyond it; not beyond it, in a product."""
        at_top = 1 - self.c.wire("below top", step(self.remaining))
        past = 1 - self.c.wire("not past top", step(self.remaining + 1))
        return at_top, past, self.c.wire("product row", step(self.remaining + 1, self.op[Opcode.MUL]))

    unsigned: tuple[Opcode, ...] = (Opcode.MUL,)
    """Instructions whose result does not have the operands' signs."""

    def sums(self) -> None:
        """The next group of a value is the sum modulo B; `rest` is the sum less B for each negative operand."""
        c, t, op, b = self.c, self.t, self.op, self.b
        mul, sub = op[Opcode.MUL], op[Opcode.SUB]
        x, y, sign = self.x_value, self.y_value_group, self.x_top.sign
        adding = op[Opcode.ADD] + self.addressing
        self.carry_in = c.wire(
            "carry in",
            when(t.group, mul, value=self.previous_value)
            + when(t.product_carry, self.second, value=self.second_previous_value)
            + when(sub, t.end),
        )
        total = c.wire(
            "sum",
            relu(x - (b - 1) * (mul + self.division - self.copying + self.shift_start))
            + when(adding + self.shift_start, value=y)
            + when(sub, value=b - 1 - y)
            + relu(x - (b - 1) * (1 - self.product_row), y)
            - when(mul, t.group, sign, self.past, value=y),
        )
        self.total = total + t.carry + self.carry_in - b * t.product_carry_value
        x_sign = when(1 - sum((op[o] for o in self.unsigned), 0 * c.one), sign)
        signs = c.wire("signs", x_sign + when(adding, self.y_top.sign) + when(sub, 1 - self.y_top.sign))
        rest = self.total - b * signs
        self.carry = c.wire("carry out", step(self.total - b + 1))
        negative_total = 1 - c.wire("total not negative", step(self.total + 1))
        self.negative = 1 - c.wire("rest not negative", step(rest + 1))
        self.fits = self.between("overflow", rest, -b, b - 1)
        self.all_sign = c.wire("all sign", step(rest + 2) - step(rest))
        self.group = self.total - b * self.carry + b * negative_total
        # What a T repeats: the highest group of this instruction that is not all sign, if there is one.
        (at0, value0), (at1, value1) = self.significant
        self.trimmed_group = (
            c.wire("repeated+", step(at0 - self.start + 1, value0)),
            c.wire("repeated-", step(at1 - self.start + 1, value1 - (b - 1))),
        )

    def between(self, name: str, x: Expression, low: int, high: int) -> Expression:
        """Whether low <= x <= high."""
        return -self.c.wire(name, step(x - high) - step(x - low + 1))

    def quotients(self) -> None:
        """Long division by one group: `dividend` is the remainder so far times B plus the next group."""
        c, t, b = self.c, self.t, self.b
        divisor = self.y_value_group
        remainder = (
            t.remainder_value
            + c.wire("remainder before", when(t.quotient, self.second, value=self.previous_value))
            + c.wire("remainder at first", when(self.x_top.sign, self.division, self.first_step, value=divisor - 1))
        )
        dividend = b * remainder + self.x_value
        self.divisor = divisor
        zero_divisor = c.wire("divisor is zero", relu(1 - divisor))
        emit_quotient = c.wire("emit quotient", when(self.division, 1 - t.quotient, 1 - t.group))
        self.emit_digit = c.wire("emit digit", when(emit_quotient, 1 - zero_divisor))
        self.divide_by_zero = self.without("divide by zero", emit_quotient, self.emit_digit, zero_divisor)
        self.emit_remainder = c.wire("emit remainder", when(self.division, t.quotient))
        self.dividend = dividend
        self.remainder = dividend - c.wire("digit times divisor", relu(t.quotient_value, divisor))
        self.x_short = self.is_short()

    def without(self, name: str, flag: Expression, part: Expression, other: Expression) -> Expression:
        """The flag and the other one; `part` is the flag and not the other one."""
        return self.c.wire(name, when(flag, other))

    def is_short(self) -> Expression:
        """Whether a dividend has one group."""
        return 1 - self.c.wire("x long", step(self.x_top.index))

    def comparisons(self) -> None:
        """By sign, then by length, then by the first groups that differ, all in one difference."""
        c, b = self.c, self.b
        difference = (
            4 * b * (self.y_top.sign - self.x_top.sign) + 2 * b * self.by_length() + (self.x_value - self.y_value_group)
        )
        at_least = c.wire("at least", step(difference + 1))
        equal = at_least - c.wire("greater", step(difference))
        less = 1 - at_least
        self.same = c.wire("same", when(self.comparison, equal, 1 - self.lowest))
        self.holds = self.is_taken(less, equal)

    def by_length(self) -> Expression:
        """Of numbers of one sign: 1 if the longer one is x and larger, or y and smaller; -1 the other way round."""
        more = self.x_top.index - self.y_top.index
        longer = self.c.wire("longer", step(more) - step(-more))
        return longer - 2 * self.c.wire("longer and negative", when(self.x_top.sign, value=longer))

    def is_taken(self, less: Expression, equal: Expression) -> Expression:
        """Whether a comparison jumps."""
        op = self.op
        return self.c.wire(
            "holds",
            when(op[Opcode.JLT], less)
            + when(op[Opcode.JGE], 1 - less)
            + when(op[Opcode.JEQ], equal)
            + when(op[Opcode.JNE], 1 - equal)
            + when(op[Opcode.JIN], less, 1 - self.x_top.sign),
        )

    def jumps(self) -> None:
        c, t, op, b = self.c, self.t, self.op, self.b
        too_deep, outermost = self.frame_limits()
        self.enter = c.wire("enter", when(op[Opcode.CALL], 1 - too_deep))
        self.leave = c.wire("leave", when(op[Opcode.RET], 1 - outermost))
        self.frame_fault = self.frame_faults(too_deep, outermost)
        target = b * self.y_value + self.z_value
        self.distance = (
            c.wire(
                "distance",
                when(op[Opcode.JMP] + self.enter, value=target - self.pc_exact)
                + when(self.leave, value=self.caller + 1 - self.pc_exact),
            )
            - t.far
        )
        self.near = self.between("far jump", self.distance, 1 - b, b - 1)
        self.far = 1 - self.near

    def frame_limits(self) -> tuple[Expression, Expression]:
        """Whether the current frame is one more than there may be, and whether it is the first."""
        too_deep = self.c.wire("too deep", step(self.frame - self.layout.max_depth))
        return too_deep, 1 - self.c.wire("not outermost", step(self.frame - 1))

    def frame_faults(self, too_deep: Expression, outermost: Expression) -> Expression:
        op = self.op
        return self.c.wire("frame fault", when(op[Opcode.CALL], too_deep) + when(op[Opcode.RET], outermost))

    # ------------------------------------------------------------------------------------------- emit

    def emit(self) -> None:
        """Logits: the right family wins by its mode; in it the value v with the largest `v linear + v*v square`."""
        c, b = self.c, self.b
        modes = self.modes()
        linear, square = self.value_terms()
        emitted = set(modes)
        for family, mode in modes.items():
            # A fault outbids any value: those are at most (B - 1)**2 when it is raised.
            weight = 4 if family != "FAULT" else b * b
            c.logit(weight * mode, _is(family))
        c.logit(linear, lambda t: t.value if t.family in emitted - BARE else 0)
        c.logit(square, lambda t: t.value**2 if t.family in emitted - BARE else 0)
        self.flags()

    def modes(self) -> dict[str, Expression]:
        """For each family that the machine emits, a wire that is 1 where it is next, else 0."""
        c, t, op = self.c, self.t, self.op
        digit, quo = self.emit_digit, op[Opcode.QUO]
        lowest = self.lowest
        single = when(digit, quo, lowest, self.x_short)
        trim = when(self.may_end, self.all_sign, self.several)
        end = when(self.may_end, self.fits)
        out = {o: when(self.may_end, op[o]) for o in (Opcode.OUTI, Opcode.OUTC)}
        # At most 4: one for each of the four tests.
        misfit = (
            self.negative
            + 1
            - self.fits
            + c.wire("too long", step(self.x_top.index - self.g + 1) + step(self.y_top.index - self.g + 1))
        )
        last_address = self.t.next_address[-1]
        modes = {
            "D": self.writing - end + when(digit, quo, lowest, 1 - self.x_short),
            "L": end - trim - out[Opcode.OUTI] - out[Opcode.OUTC] + single + when(self.emit_remainder, lowest),
            "T": trim,
            "INT": out[Opcode.OUTI],
            "CHAR": out[Opcode.OUTC] + op[Opcode.PUT],
            "K": self.emit_product_carry,
            "Q": when(digit, op[Opcode.REM]) + when(digit, quo, 1 - lowest),
            "H": when(self.emit_remainder, 1 - lowest),
            "SAME": self.same,
            "F": self.far,
            "J": self.comparison - self.same + when(op[Opcode.JMP], self.near),
            "CALL": when(self.enter, self.near),
            "RET": when(self.leave, self.near),
            "HALT": op[Opcode.HALT],
            "FAULT": 1 - self.is_opcode + self.divide_by_zero + self.frame_fault
            + relu(4 * (self.addressing + last_address - 2) + misfit),
        }  # fmt: skip
        for letter, opcode in (("A", Opcode.STORE), ("R", Opcode.LOAD)):
            for family, turn in zip(address_families(letter, self.g), (t.end, *t.next_address)):
                modes[family] = when(self.addressing, op[opcode], turn)
        return {family: c.wire(f"mode {family}", mode) for family, mode in modes.items()}

    def value_terms(self) -> tuple[Expression, Expression]:
        """`linear` and `square`: 2u and -1 pick the value u; 2(2r - d + 1) and -2d pick floor(r / d).

        For a far jump, 2r - 1/2 and -B pick the integer nearest to r / B, the lower one of two.
        """
        c, op, b = self.c, self.op, self.b
        repeat = (self.may_end, self.all_sign, self.several)
        linear = c.wire(
            "linear",
            2 * when(self.writing + self.addressing, value=self.group)
            + 2 * when(*repeat, 1 - self.negative, value=self.trimmed_group[0])
            + 2 * when(*repeat, self.negative, value=self.trimmed_group[1])
            + 2 * when(self.emit_product_carry, value=2 * self.total - b + 1)
            + 2 * when(self.emit_digit, value=2 * self.dividend - self.divisor + 1)
            + 2 * when(self.emit_remainder, value=self.remainder)
            + 2 * when(self.holds, 1 - self.same, value=self.z_value - b // 2 - 1)
            + 2 * when(op[Opcode.PUT], value=self.z_value),
        )
        linear += 2 * (self.comparison - self.same) + 2 * self.distance - self.far / 2
        square = -1 + (1 - 2 * b) * self.emit_product_carry + (1 - b) * self.far
        return linear, square + c.wire("square", when(self.emit_digit, value=1 - 2 * self.divisor))

    def flags(self) -> None:
        """+1 where the next flag is 1, -1 where it is 0: a carry while the value goes on, its sign at the end."""
        ends = (self.may_end, self.fits)
        flag = self.c.wire(
            "flag",
            when(self.writing + self.addressing, self.carry)
            - when(*ends, self.carry)
            + when(*ends, self.negative)
            + when(self.emit_digit, self.op[Opcode.QUO], self.lowest, self.x_short, self.x_top.sign),
        )
        self.c.logit(2 * flag - 1, lambda t: t.flag)
