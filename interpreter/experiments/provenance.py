"""Which tokens of a trace each token is computed from: the computation graph of a run, read off the specification.

A node is a token of the trace. Its parents are the tokens of the values that the specification reads to decide it:
the groups, the last token (it says how long the value is, and its sign) and tokens of the same instruction that
hold something to go on with. Of the token right before it in the same instruction the carry counts, and only that: the
transformer adds it to every group that it writes, also to one of a copy, where the specification never has one. What it
takes to know which instruction is next is not a parent: while the program counter of two
runs is the same, so is what their tokens mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from compiler.machines.ram.isa import Layout, Opcode, Role
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.values import Cell, Number
from compiler.machines.ram.vocabulary import Family, Token, read_families


@dataclass(frozen=True)
class Event:
    """One instruction carried out: its number, and the positions of its tokens, from `start` to before `end`.

    reads: for each cell that was read, when its value was written: the number of that event, None for one of the
    prompt, -1 for never; cell, value: what was written, if anything.
    """

    pc: int
    start: int
    end: int
    reads: dict[Cell, int | None]
    cell: Cell | None
    value: int | None


@dataclass(frozen=True)
class Graph:
    """`parents[i]` are positions, in prompt and trace, that token i of the trace is computed from; `carries[i]` is one
    whose carry it adds, if there is one."""

    prompt: int
    tokens: tuple[Token, ...]
    parents: tuple[frozenset[int], ...]
    carries: tuple[int | None, ...]
    events: tuple[Event, ...]

    def sources(self, i: int) -> set[int]:
        """Tokens of the trace that token i is computed from, by their place in the trace."""
        carry = self.carries[i]
        return {p - self.prompt for p in (*self.parents[i], *([] if carry is None else [carry])) if p >= self.prompt}

    def depths(self) -> list[int]:
        """For each token of the trace, the nodes on the longest path that ends in it."""
        depths: list[int] = []
        for i in range(len(self.tokens)):
            depths.append(1 + max((depths[source] for source in self.sources(i)), default=0))
        return depths


def graph(layout: Layout, prompt: Iterable[Token], limit: int | None = None) -> Graph:
    """The graph of the run after a prompt, of its first `limit` tokens if that is given."""
    tokens = tuple(prompt)
    ram = _Recording(layout)
    ram.load(tokens)
    ram.places = _places_in(layout, tokens)
    ram.position = len(tokens)
    # One more, so that the last instruction is carried out to its end.
    run = tuple(islice(ram.run(), limit + 1 if limit is not None else None))[:limit]
    events = tuple(e for e in ram.events if e.end <= len(tokens) + len(run))
    return Graph(len(tokens), run, tuple(ram.parents[: len(run)]), tuple(ram.carries[: len(run)]), events)


@dataclass(frozen=True)
class _Places:
    """Where a value stands: the positions of its groups, of its last token, and the event that wrote it."""

    groups: tuple[int, ...]
    last: int
    event: int | None


class _Traced(Number):
    """A number that says which of its tokens are looked at."""

    def __init__(self, number: Number, places: _Places, ram: _Recording, wide: bool = False) -> None:
        sign = number._sign if isinstance(number, _Traced) else number.sign
        for name, value in (("groups", number.groups), ("_sign", sign), ("base", number.base)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "ram", ram)
        object.__setattr__(self, "wide", wide)

    places: _Places
    ram: _Recording
    wide: bool
    """Whether all later tokens of the instruction are computed from each group that is looked at."""
    _sign: int

    @property
    def sign(self) -> int:
        self.ram.shape.add(self.places.last)
        return self._sign

    @property
    def top(self) -> int:
        self.ram.shape.add(self.places.last)
        return len(self.groups) - 1

    def __getitem__(self, i: int) -> int:
        if i < len(self.groups):
            (self.ram.shape if self.wide else self.ram.seen).add(self.places.groups[i])
            return self.groups[i]
        return self.fill


class _Recording(Ram):
    """The specification, with a note of what it reads for every token."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.places: dict[Cell, _Places] = {}
        self.parents: list[frozenset[int]] = []
        self.carries: list[int | None] = []
        self.events: list[Event] = []
        self.position = 0
        self.shape: set[int] = set()
        self.seen: set[int] = set()
        self._cells: dict[Cell, int | None] = {}
        self._own: list[Token] | None = None
        """The tokens of the instruction under way; None in the prompt."""

    def run(self) -> Iterator[Token]:
        self._own = []
        self.go(0)  # once more, with operands that say what is looked at
        for token in super().run():
            if token.family in ("HALT", "FAULT"):
                self.parents.append(frozenset())
                self.carries.append(None)
            else:
                self._note(self._own, token)
            yield token

    def _note(self, before: list[Token], token: Token) -> None:
        opcode, start = self.local.opcode, self.position - len(before)
        assert opcode is not None
        own = {start + i for i in _kept(opcode, before, token)}
        self.parents.append(frozenset(self.shape | self.seen | own))
        self.carries.append(self.position - 1 if before and has_carry(before[-1]) else None)
        if token.family not in ("K", "Q"):
            # These come in pairs with the token after them, from the same groups.
            self.seen = set()

    def read(self, cell: Cell) -> Number:
        number, places = super().read(cell), self.places.get(cell)
        return _Traced(number, places, self) if places and self._own is not None else number

    def take(self, token: Token) -> None:
        if self._own is not None:
            self._own.append(token)
            self.position += 1
        super().take(token)

    def take_address(self, family: Family, value: int) -> None:
        super().take_address(family, value)
        if family == read_families(self.layout.groups)[-1]:
            self._looked_up(tuple(self.address))

    def write(self, sign: int) -> None:
        if self._own is not None:
            start = self.position - len(self._own)
            self.places[self.target] = _places(self._own, start, len(self.groups), len(self.events))
        super().write(sign)

    def go(self, distance: int) -> None:
        if self._own:
            start, written = self.position - len(self._own), self._own[-1].family in ("L", "T")
            cell, value = (self.target, int(self.memory[self.target])) if written else (None, None)
            self.events.append(Event(self.pc, start, self.position, self._cells, cell, value))
        super().go(distance)
        instruction = self.program.get(self.pc)
        if self._own is None or instruction is None:
            return
        self._own, self._cells, self.shape, self.seen = [], {}, set(), set()
        for operand, role in zip((instruction.x, instruction.y, instruction.z), instruction.opcode.roles):
            if role is Role.READ:
                self._looked_up(self.cell(operand))
        x, y = self.local.x, self.local.y
        if isinstance(x, _Traced) and instruction.opcode is Opcode.SHL:
            self.shape.add(x.places.last)  # the transformer looks at its length from the first token on
        if isinstance(y, _Traced) and instruction.opcode in (Opcode.MUL, Opcode.QUO, Opcode.REM):
            self.local.y = _Traced(y, y.places, self, wide=True)

    def _looked_up(self, cell: Cell) -> None:
        places = self.places.get(cell)
        self._cells[cell] = places.event if places else -1


def has_carry(token: Token) -> bool:
    """Whether the flag of the token's family is a carry."""
    return token.family == Family.D or token.family.group is not None


def _kept(opcode: Opcode, before: list[Token], token: Token) -> list[int]:
    """Offsets of tokens of the same instruction whose values a token is computed from."""
    n = len(before)
    match opcode:
        case Opcode.MUL if token.family == "K":
            offsets = [n - 2]
        case Opcode.MUL:
            offsets = [n - 1, n - 3] if before and before[-1].family == "K" else [n - 2]
        case Opcode.LOAD if token.family.group is None:
            offsets = [i for i, t in enumerate(before) if t.family.group is not None]
        case Opcode.QUO | Opcode.REM | Opcode.JMP | Opcode.CALL | Opcode.RET:
            offsets = list(range(n))
        case Opcode.JLT | Opcode.JGE | Opcode.JEQ | Opcode.JNE | Opcode.JIN:
            offsets = list(range(n))
        case _:
            offsets = []
    # A T repeats a group; that it is a T says that the others above are all sign.
    groups = [i for i, t in enumerate(before) if t.family == "D"] if token.family == "T" else []
    return [i for i in offsets if i >= 0] + groups


def _places(tokens: Sequence[Token], start: int, groups: int, event: int | None) -> _Places:
    """Where a value of so many groups stands; its last token is its top group, after a T as well as an L."""
    found = [start + i for i, token in enumerate(tokens) if token.family == "D"][: groups - 1]
    last = start + len(tokens) - 1
    return _Places((*found, last), last, event)


def _places_in(layout: Layout, prompt: Sequence[Token]) -> dict[Cell, _Places]:
    """Where the values stand that a prompt writes."""
    found = {}
    ram = Ram(layout)
    begun = 0
    for position, token in enumerate(prompt):
        if token.family == "A0":
            begun = position
        elif token.family == "L":
            write = prompt[begun : position + 1]
            ram.memory.clear()
            ram.load(write)
            [(cell, number)] = ram.memory.items()
            found[cell] = _places(write, begun, len(number.groups), None)
    return found
