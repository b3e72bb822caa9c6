"""The format `.tm` on the Post-Turing machine: Turing machines as programs that test and write bits.

A symbol is k bits on tape A, its number in binary, the highest bit leftmost, k the least that will do: one for two
symbols, and 0 is the blank in any case. At the beginning of a step the head is on the first bit of a cell.

The program has a *block* for each state and each beginning of a symbol, `B 10`: it is entered when the state is B and
the bits read so far are 1 0. A block that knows the whole symbol writes the bits that change, from right to left, and
moves to the first bit of the next cell; one that does not moves to the next bit. Both end in a test of the bit that
they have come to, which is never on its own: it leads to the block that knows it,

    A?+d   A!+e        or, if one of the two blocks comes next,        A?+d

so that with two symbols a step takes a write, if there is one, a move and one or two jumps. A jump that is taken costs
a token for each instruction that it skips; therefore the blocks stand in an order in which the jumps are short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from compiler.front_ends.front_end import Ending
from compiler.front_ends.options import given_options
from compiler.front_ends.turing.machine import Transition, TuringMachine, parse, state_name
from compiler.front_ends.turing.tape import given_tape, run_lengths
from compiler.language.syntax import Span
from compiler.machines.ptm.program import Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt, Snapshot, Tape
from compiler.machines.ram.isa import Layout

__all__ = ["Options", "compile", "parse", "report"]


@dataclass(frozen=True)
class Options:
    """input: the tape at first, as on the RAM (see `turing.tape`); tape: whether to print it at the end."""

    input: str = ""
    tape: Literal["no", "yes"] = "no"


Place = tuple[int, str]
"""A state and the bits of the symbol that are known."""


@dataclass(frozen=True)
class Block:
    """moves, writes: instructions in order; state, bits: what is known when the test after them is made.

    The test leads to (state, bits + "0") and (state, bits + "1"); `halts` instead of it: the text that says why.
    """

    texts: tuple[str, ...]
    following: Place = (0, "")
    halts: str = ""
    steps: int = 0
    span: Span = Span(1, 1, 1, 1)

    def targets(self) -> tuple[Place, Place]:
        """Where the test leads: with a 0 read, and with a 1."""
        state, bits = self.following
        return (state, bits + "0"), (state, bits + "1")


def compile(machine: TuringMachine, options: Options | None = None, layout: Layout | None = None) -> Prompt:
    """The prompt of a machine on a blank or given tape. `layout` is the RAM's, and not used.

    Raises:
        PromptError: a tape that the machine cannot have.
    """
    options = options or Options()
    program = PtmProgram(
        tuple(_Writer(machine).program()),
        machine.source.text,
        machine.source.filename,
        format="tm",
        options=given_options(options),
    )
    width = bits_of(machine)
    ones = (
        place * width + i
        for place, symbol in given_tape(machine, options.input).items()
        for i, bit in enumerate(_code(symbol, width))
        if bit == "1"
    )
    return Prompt(program, snapshot=Snapshot((Tape(0, tuple(ones)), Tape()), 0))


def bits_of(machine: TuringMachine) -> int:
    """k, bits of a symbol."""
    return max(1, (machine.symbols - 1).bit_length())


def _code(symbol: int, width: int) -> str:
    return f"{symbol:0{width}b}"


class _Writer:
    def __init__(self, machine: TuringMachine) -> None:
        self.machine, self.width = machine, bits_of(machine)

    def program(self) -> Iterator[Instruction]:
        """The instructions; a first test finds out what is under the head."""
        order = short_order(self.blocks)
        layout = Arrangement(self.blocks, order)
        for number, block in enumerate(layout.blocks):
            spot = Instruction("#", 0, block.span.line, block.span.column, self._comment(layout, number))
            for i, text in enumerate(block.texts):
                yield replace(spot, operation=text, steps=block.steps if i == 0 else 0)
            if block.halts:
                yield replace(spot, comment=block.halts, steps=0 if block.texts else block.steps)
            for operation, offset in layout.jumps[number]:
                yield replace(spot, operation=operation, offset=offset)

    @staticmethod
    def _comment(layout: Arrangement, number: int) -> str:
        if number == 0:
            return "begin"
        state, bits = layout.order[number - 1]
        return f"{state_name(state)} {bits}"

    @cached_property
    def blocks(self) -> dict[Place, Block]:
        """All blocks that are reached from state A; bits that no symbol has are not."""
        blocks: dict[Place, Block] = {}
        waiting: list[Place] = [(0, "0"), (0, "1")]
        while waiting:
            place = waiting.pop(0)
            if place not in blocks and self._exists(place):
                blocks[place] = block = self._block(*place)
                waiting += () if block.halts else block.targets()
        return blocks

    def _exists(self, place: Place) -> bool:
        return int(place[1].ljust(self.width, "0"), 2) < self.machine.symbols

    def _block(self, state: int, bits: str) -> Block:
        if len(bits) < self.width:
            return Block(("AR",), (state, bits), span=self.machine.spans[state][0])
        read = int(bits, 2)
        transition, span = self.machine.rows[state][read], self.machine.spans[state][read]
        if transition is None:
            return Block((), halts=f"undefined transition: state {state_name(state)} reads {read}", span=span)
        texts = tuple(self._texts(bits, transition))
        if transition.target is None:
            return Block(texts, halts=f"halted in state {transition.name}", steps=1, span=span)
        return Block(texts, (transition.target, ""), steps=1, span=span)

    def _texts(self, bits: str, transition: Transition) -> Iterator[str]:
        """From the last bit of a cell, which has these bits, to the first of the next one."""
        at = self.width - 1
        for i, (old, new) in reversed(list(enumerate(zip(bits, _code(transition.write, self.width))))):
            if old != new:
                yield from ["AL"] * (at - i)
                yield f"A{new}"
                at = i
        goal = self.width * transition.move
        yield from ["AR" if goal > at else "AL"] * abs(goal - at)


class Arrangement:
    """Blocks in an order, after a first one that only tests.

    blocks: in this order; jumps: for each of them, operations and offsets; cost: tokens of the chain of thought that
    all jumps take, each test once with a 0 and once with a 1.
    """

    def __init__(self, blocks: dict[Place, Block], order: list[Place]) -> None:
        self.order = order
        self.blocks = [Block(()), *(blocks[place] for place in order)]
        number = {place: i for i, place in enumerate(order, 1)}
        # Of each test: the blocks to which a 0 and a 1 lead, None where no symbol has such bits.
        ways = [None if block.halts else tuple(number.get(place) for place in block.targets()) for block in self.blocks]
        sizes = [
            len(block.texts) + (1 if way is None else sum(target not in (None, i + 1) for target in way))
            for i, (block, way) in enumerate(zip(self.blocks, ways))
        ]
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self.jumps: list[list[tuple[str, int]]] = []
        self.cost = 0
        for i, (block, way) in enumerate(zip(self.blocks, ways)):
            at = starts[i] + len(block.texts)
            tests = [] if way is None else [(o, t) for o, t in zip(("A!", "A?"), way) if t not in (None, i + 1)]
            # What leads farther is tested first: the second test has one token more anyway.
            offsets = [(operation, starts[target] - at) for operation, target in tests if target is not None]
            offsets.sort(key=lambda jump: -abs(jump[1]))
            jumps = [(operation, offset - j) for j, (operation, offset) in enumerate(offsets)]
            self.jumps.append(jumps)
            self.cost += sum(2 + abs(offset) + j for j, (_, offset) in enumerate(jumps)) + (len(jumps) == 1)


def short_order(blocks: dict[Place, Block]) -> list[Place]:
    """An order in which no block can be moved so that jumps get shorter: not the best, but always the same."""
    order = list(blocks)
    least = Arrangement(blocks, order).cost
    improving = True
    while improving:
        improving = False
        for i in range(len(order)):
            for j in range(len(order)):
                others = order[:i] + order[i + 1 :]
                moved = [*others[:j], order[i], *others[j:]]
                cost = Arrangement(blocks, moved).cost
                if cost < least:
                    least, order, improving = cost, moved, True
    return order


def report(machine: TuringMachine, options: Options, layout: Layout, ending: Ending) -> str:
    """How it ended, by the instruction at which it did; lines `steps`, `score`, and `tape` if it is asked for.

    Of a run that was cut, `at` says the state and the bits of the symbol that it knew.
    """
    width = bits_of(machine)
    ones = {cell[1] for cell in ending.cells if len(cell) == 2 and cell[0] == 0}
    symbols: dict[int, int] = {}
    for one in ones:
        place, i = divmod(one, width)
        symbols[place] = symbols.get(place, 0) + (1 << width - 1 - i)
    rows = [("steps", f"{ending.steps:,}"), ("score", f"{len(symbols):,}")]
    if not ending.halted:
        rows.insert(0, ("at", ending.at.comment))
    if options.tape == "yes":
        head = ending.cells.get((0,), 0) // width
        rows.append(("tape", run_lengths(symbols, head if ending.halted else None)))
    said = f"{ending.at.comment}\n" if ending.halted else ""
    return said + "".join(f"{name:<8}{value}\n" for name, value in rows)
