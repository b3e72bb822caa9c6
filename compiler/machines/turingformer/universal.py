"""A universal Turing machine with three tapes: with it in the weights, one fixed transformer runs every Turing machine.

It is this project's. Two tapes are stacks, the third has the program; each cell has one of four symbols: `_`, the blank
after the end of each, `0`, `1` and `:`.

| tape    | holds                                                                                           |
|---------|-------------------------------------------------------------------------------------------------|
| right   | the cells to the right of the head, the nearest last; the cell under it; the entry that is next |
| left    | the cells to the left of the head, the nearest last                                             |
| program | a blank, and the entries: one for each state and symbol that it may read, state after state     |

A number on a stack, a symbol or that of an entry, is `0 1 … 1`, with as many ones; where a stack is empty, there are
blank cells of the simulated tape, symbol 0. An entry is `:` move (`0` right, `1` left) `1 … 1` `0` `1 … 1`: the first
ones are the symbol to write, the others the number of the next state's first entry. An entry of `:` alone halts.

So a step takes a number off the right stack twice, and skips an entry for each one of it: the first is that of the
state, the second the symbol. The entry is then carried out, and the program tape rewound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count, takewhile

from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.semantics import Configuration, configuration_of
from compiler.machines.turingformer.turing import Rules
from compiler.machines.turingformer.vocabulary import Token

BLANK = "_"
HALT = "halt"
TABLE = """
rewind  __0 rewind  __0 SSL    rewind  __1 rewind  __1 SSL    rewind  __: rewind  __: SSL    rewind  ___ state   ___ LSR
state   1_: state   __: LSR    state   1_0 state   1_0 SSR    state   1_1 state   1_1 SSR
state   0_: symbol  __: LSS    state   0_0 state   0_0 SSR    state   0_1 state   0_1 SSR
symbol  1_: symbol  __: LSR    symbol  1_0 symbol  1_0 SSR    symbol  1_1 symbol  1_1 SSR
symbol  0_: move    __: SSR    symbol  0_0 symbol  0_0 SSR    symbol  0_1 symbol  0_1 SSR    symbol  __: move    __: SSR
move    __0 right   _00 SRR    move    __1 left    0_1 RSR    move    __: halt    __: SSS    move    ___ halt    ___ SSS
right   __1 right   _11 SRR    right   __0 next    0_0 RSR
left    __1 left    1_1 RSR    left    __0 fetch   0_0 RLS
fetch   _10 fetch   1_0 RLS    fetch   _00 next    0_0 RSR    fetch   __0 next    0_0 RSR
next    __1 next    1_1 RSR    next    __: rewind  __: SSL    next    ___ rewind  ___ SSL
"""
"""State, symbols read on right, left and program; then the state, symbols and moves that follow."""


@cache
def universal() -> MultiTape:
    """The machine; it begins with an entry's number on top of the right stack. The heads of the stacks are after what
    is written, that of the program at its first blank."""
    words = iter(TABLE.split())
    transitions = [
        (state, tuple(read), (following, tuple(written), tuple(moves)))
        for state, read, following, written, moves in zip(*[words] * 5)
    ]
    return MultiTape(3, tuple(transitions), "rewind", HALT, BLANK, ("0", "1", ":"))


def program_of(rules: Rules) -> str:
    """The program tape after its first blank. The entries after the last state's halt: in them, the machine halts."""
    symbols = 1 + max(symbol for _, symbol in rules)
    states = 1 + max(state for state, _ in rules)
    entries = []
    for state in range(states):
        for symbol in range(symbols):
            does = rules[state, symbol]
            if does is None:
                entries.append(":")
                continue
            write, move, target = does
            following = symbols * (states if target is None else target)
            entries.append(f":{'0' if move == 1 else '1'}{'1' * write}0{'1' * following}")
    return "".join(entries) + ":" * symbols


def encoded(rules: Rules, tape: Mapping[int, int]) -> tuple[Token, ...]:
    """The prompt, a summary: state 0 on a tape, the head in cell 0."""
    right = [tape.get(place, 0) for place in range(max([0, *tape]), -1, -1)]
    left = [tape.get(place, 0) for place in range(min([0, *tape]), 0)]
    tapes = [_stack((*right, 0)), _stack(left), BLANK + program_of(rules)]
    size = 1 + max(map(len, tapes))
    heads = len(tapes[0]), len(tapes[1]), 0
    cells = [
        Token("cell", symbols=symbols, heads=tuple(at == head for head in heads))
        for at, symbols in enumerate(zip(*(tape.ljust(size, BLANK) for tape in tapes)))
    ]
    return (Token("summ"), *cells, Token("state", "rewind"), Token("esumm"))


@dataclass
class Interpretation:
    """A run of the universal machine, as its tokens tell it, and what it says of the machine that it runs.

    rules: of that machine, which the prompt encodes; now: the configuration of the three tapes; steps: that the machine
    has made; last: its state and the symbol it read when it made the latest of them, None before the first.
    """

    rules: Rules
    now: Configuration
    steps: int = 0
    last: tuple[int, int] | None = None

    @classmethod
    def of(cls, rules: Rules, prompt: Sequence[Token]) -> Interpretation:
        """The configuration of a summary, and the tokens after it, whose steps are not counted.

        Raises:
            ValueError: there is no summary.
        """
        end = next((i for i, token in enumerate(prompt) if token.kind == "esumm"), len(prompt)) + 1
        replay = cls(rules, configuration_of(universal(), prompt[:end]))
        for token in prompt[end:]:
            replay.take(token)
        replay.steps = 0
        return replay

    def take(self, token: Token) -> None:
        """One more token."""
        if token.kind == "run" and token.state == "next" and self.now.state != "next":
            self.steps, self.last = self.steps + 1, divmod(self._entry - 1, self._symbols)
        self.now.take(token)

    @cached_property
    def _symbols(self) -> int:
        return 1 + max(symbol for _, symbol in self.rules)

    @property
    def _entry(self) -> int:
        """How many entries begin before the head of the program tape."""
        program = self.now.cells[2]
        return sum(program.get(place) == ":" for place in range(self.now.heads[2]))

    @property
    def halted(self) -> bool:
        """Whether the run has ended."""
        return self.now.state == HALT

    def configuration(self) -> tuple[dict[int, int], int, tuple[int, int]]:
        """The cells of the simulated tape that are not 0, the cell of its head, and its state and the symbol there.

        The state has the number after the last one where the machine has halted. In the middle of a step, until the
        number of the next entry is written, the configuration is that before it.
        """
        right, left = (_numbers(_written(self.now.cells[tape])) for tape in (0, 1))
        entry = self._entry
        match self.now.state:
            case "rewind":
                entry = right.pop()
                cell = right.pop() if right else 0
            case "state":
                entry += right.pop()
                cell = right.pop() if right else 0
            case "symbol":
                entry, cell = divmod(entry + (right.pop() if right else 0), self._symbols)
                entry *= self._symbols
            case _:
                entry, cell = divmod(entry - 1, self._symbols)
                entry *= self._symbols
        match self.now.state:
            case "right":
                left.pop()
            case "left":
                right.pop()
            case "fetch":
                fetched = right.pop()
                right.pop()
                if left:
                    left[-1] += fetched
            case "next":
                does = self.rules[entry // self._symbols, cell]
                assert does is not None
                entry = self._symbols * (len(self.rules) // self._symbols if does[2] is None else does[2])
                right.pop()
                cell = right.pop() if right else 0
        tape = {len(left) + i: number for i, number in enumerate((cell, *reversed(right))) if number}
        tape |= {i: number for i, number in enumerate(left) if number}
        return tape, len(left), (entry // self._symbols, cell)


def _stack(numbers: Sequence[int]) -> str:
    return "".join("0" + "1" * number for number in numbers)


def _written(cells: Mapping[int, str]) -> str:
    """A tape up to its first blank."""
    places = takewhile(lambda place: cells.get(place, BLANK) != BLANK, count())
    return "".join(cells[place] for place in places)


def _numbers(stack: str) -> list[int]:
    return [len(number) for number in stack.split("0")[1:]]
