"""A Turing machine with one tape without ends as one with two tapes that are bounded on the left.

The first tape has the cells from where the head was at first to the right, the second those to the left, outwards; both
begin with a mark. On one side the head of the other tape rests at its mark. A step that leads to the mark of its own
tape is followed by one that crosses over. `q>` is state q on the right, `q<` on the left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from compiler.machines.turingformer.multitape import MultiTape, Transition
from compiler.machines.turingformer.vocabulary import Token

Move = Literal[-1, 1]
Rules = Mapping[tuple[int, int], tuple[int, Move, int | None] | None]
"""(state, symbol read) -> (symbol to write, move, next state, None if it halts); None where nothing is prescribed."""

MARK, HALT = "|", "halt"
BLANK = "0"


def two_tapes(rules: Rules) -> MultiTape:
    """The machine with two tapes; it begins in state 0 on the right, and halts where nothing is prescribed, too."""
    letters = sorted({symbol for _, symbol in rules})
    states = sorted({state for state, _ in rules})
    output = (MARK, *(str(letter) for letter in letters if letter))
    return MultiTape(2, tuple(_transitions(rules, states)), "0>", HALT, BLANK, output)


def _transitions(rules: Rules, states: Sequence[int]) -> Iterator[tuple[str, tuple[str, ...], Transition]]:
    for (state, read), does in rules.items():
        write, move, target = does or (read, 0, None)
        for side in (0, 1):
            outwards = "LSR"[1 + move * (1 - 2 * side)]
            following = HALT if target is None else f"{target}{'><'[side]}"
            transition = following, _on(side, str(write), MARK), _on(side, outwards, "S")
            yield f"{state}{'><'[side]}", _on(side, str(read), MARK), transition
    for state in states:
        yield f"{state}>", (MARK, MARK), (f"{state}<", (MARK, MARK), ("S", "R"))
        yield f"{state}<", (MARK, MARK), (f"{state}>", (MARK, MARK), ("R", "S"))


def _on(side: int, here: str, other: str) -> tuple[str, str]:
    return (here, other) if side == 0 else (other, here)


def summary_of(tape: Mapping[int, int]) -> tuple[Token, ...]:
    """The prompt of state 0 on a tape, the head in cell 0."""
    right = [MARK, *(str(tape.get(i, 0)) for i in range(max([0, *tape]) + 1))]
    left = [MARK, *(str(tape.get(-i, 0)) for i in range(1, 1 - min([0, *tape])))]
    size = max(len(right), len(left), 2)
    sides = [side + [BLANK] * (size - len(side)) for side in (right, left)]
    cells = [Token("cell", symbols=pair, heads=(i == 1, i == 0)) for i, pair in enumerate(zip(*sides))]
    return (Token("summ"), *cells, Token("state", "0>"), Token("esumm"))


@dataclass
class Replay:
    """A run as its tokens tell it.

    cells, place: of the tape without ends; steps: of the machine with that tape; state: the number of the state, None
    once it has halted; last: state and symbol read of the last step.
    """

    cells: dict[int, int] = field(default_factory=dict)
    place: int = 0
    steps: int = 0
    state: int | None = 0
    last: tuple[int, int] = (0, 0)

    def begin(self, prompt: Sequence[Token]) -> None:
        """The configuration of a summary; other prompts begin on a blank tape."""
        for i, token in enumerate(t for t in prompt if t.kind == "cell"):
            right, left = token.symbols
            self.cells |= {i - 1: int(right)} if right != MARK else {}
            self.cells |= {-i: int(left)} if left != MARK else {}
            if i and token.heads[0]:
                self.place = i - 1
            if i and token.heads[1]:
                self.place = -i
        for token in prompt:
            if token.kind == "state":
                self.state = int(token.state[:-1])
                # Both heads are at their marks: a step has led out, and the crossing is still to come.
                heads = next(t.heads for t in prompt if t.kind == "cell")
                if all(heads):
                    self.place = -1 if token.state.endswith(">") else 0

    def take(self, token: Token) -> None:
        """One more token."""
        if token.kind != "run":
            return
        if token.symbols != (MARK, MARK):
            side = 0 if token.symbols[1] == MARK else 1
            assert self.state is not None
            self.last = self.state, self.cells.get(self.place, 0)
            move = "LSR".index(token.moves[side]) - 1
            self.cells[self.place] = int(token.symbols[side])
            self.place += move if side == 0 else -move
            self.steps += move != 0
        self.state = None if token.state == HALT else int(token.state[:-1])
