"""The prompt codec: a Post-Turing program and its input as the tokens that the transformer continues.

    ^  program  $                               without input
    ^  program  $  (AR AR)*  …  = -* @          with input

A bit of the input stands on tape A as two cells, 1 and the bit. The head first moves past the last of them and then
writes from right to left: `AL`, `A1` if the bit is 1, `AL`, `A1`. All of this counts as instructions carried out, so
a jump back by their number leads to the first instruction of the program.

A *snapshot* of a run is the same: moves and writes that make the tapes what they are, and a jump to the instruction
that is next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.machine import Machine, PromptError
from compiler.machines.ptm.program import JUMPS, OPERATIONS, Instruction, PtmProgram
from compiler.machines.ptm.vocabulary import Token, Vocabulary


@dataclass(frozen=True)
class Tape:
    """Where the head is, counted from where it was at first, and which cells are 1."""

    head: int = 0
    ones: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Where a run is, between two instructions.

    pc: the number of the one that is next; source_steps: so far, of the machine that the program was compiled from.
    """

    tapes: tuple[Tape, Tape]
    pc: int
    source_steps: int = 0


@dataclass(frozen=True)
class Prompt:
    """A program together with its input, a string of bits, or with the snapshot of a run that is to go on.

    Blanks around the input do not count. `form` is that of the weights, `positions` how many they tell apart.

    Raises:
        PromptError: an instruction does not exist, a jump leads nowhere, the input is not of bits, or no trace is long
            enough for the tapes of the snapshot.
    """

    program: PtmProgram
    input_text: str = ""
    snapshot: Snapshot | None = None
    form: Form = "stacked"
    positions: int = MAX_TOKENS

    def __post_init__(self) -> None:
        validate(self.program)
        if self.snapshot is not None and not 0 <= self.snapshot.pc <= len(self.program.instructions):
            raise PromptError(f"the snapshot is at instruction {self.snapshot.pc}, outside the program")
        if self.snapshot is not None and (moves := _moves(self.snapshot)) > MAX_TOKENS:
            raise PromptError(f"the cells of the snapshot lie {moves:,} moves apart, more than a trace has tokens")
        object.__setattr__(self, "input_text", self.input_text.strip() if self.reads_input else "")
        for i, character in enumerate(self.input_text):
            if character not in "01":
                raise PromptError(
                    f"character {i + 1} of the input is {character!r}: the Post-Turing machine reads a string of bits"
                )

    @property
    def machine(self) -> Machine[Any]:
        """The machine for this form of the weights."""
        from compiler.machines.ptm import machine

        return machine(self.positions, self.form)

    @property
    def construction(self) -> str:
        """Its machine folder."""
        return "ptm"

    def in_form(self, form: Form) -> Prompt:
        """The same prompt for weights of this form: the same tokens."""
        return replace(self, form=form)

    def telling_apart(self, positions: int) -> Prompt:
        """The same prompt for weights that tell as many positions apart: the same tokens."""
        return replace(self, positions=positions)

    @property
    def reads_input(self) -> bool:
        """Whether input is still to be given: the tape of a snapshot holds it already."""
        return self.snapshot is None

    def with_input(self, text: str) -> Prompt:
        """The same prompt with this input; raises PromptError if that is no string of bits."""
        return replace(self, input_text=text)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The program between ^ and $, the input or the tapes as moves and writes, and a jump."""
        made = _input(self.input_text) if self.snapshot is None else _tapes(self.snapshot)
        target = 0 if self.snapshot is None else self.snapshot.pc
        return Vocabulary().tokens(["^", *self.program.texts(), "$", *_arriving(made, target)])

    @cached_property
    def numbers(self) -> npt.NDArray[np.int32]:
        """The numbers of `tokens`."""
        number = Vocabulary().number
        return np.array([number(t) for t in self.tokens], dtype=np.int32)


def _input(bits: str) -> list[str]:
    instructions = ["AR", "AR"] * len(bits)
    for bit in reversed(bits):
        instructions += ["AL", "A1", "AL", "A1"] if bit == "1" else ["AL", "AL", "A1"]
    return instructions


def _tapes(snapshot: Snapshot) -> list[str]:
    """Moves and writes: from cell to cell that is 1, from the left to the right, then to where the head is."""
    instructions: list[str] = []
    for letter, tape in zip("AB", snapshot.tapes):
        at = 0
        for cell in sorted(tape.ones):
            instructions += [*_way(letter, at, cell), f"{letter}1"]
            at = cell
        instructions += _way(letter, at, tape.head)
    return instructions


def _moves(snapshot: Snapshot) -> int:
    """How many of them are moves."""
    stops = [[0, *sorted(tape.ones), tape.head] for tape in snapshot.tapes]
    return sum(abs(end - begin) for cells in stops for begin, end in pairwise(cells))


def _way(letter: str, begin: int, end: int) -> list[str]:
    return [f"{letter}{'R' if end > begin else 'L'}"] * abs(end - begin)


def _arriving(instructions: list[str], target: int) -> Iterator[str]:
    """These instructions, all of which count as carried out, then a jump to instruction `target`."""
    yield from instructions
    distance = target - len(instructions)
    if distance:
        yield from ["=", *("+" if distance > 0 else "-") * abs(distance), "@"]


def validate(program: PtmProgram) -> None:
    """Raises PromptError for an instruction that does not exist, or a jump out of the program."""
    size = len(program.instructions)
    if size == 0:
        raise PromptError("the program has no instructions")
    for k, instruction in enumerate(program.instructions):
        problem = problem_of(instruction, k, size)
        if problem:
            raise PromptError(f"instruction {k}, {instruction}: {problem}")


def problem_of(instruction: Instruction, number: int, size: int) -> str | None:
    """What is wrong with an instruction in a program of this size, if anything is."""
    if instruction.operation not in OPERATIONS:
        return f"there is no instruction {instruction.operation}"
    if instruction.operation not in JUMPS:
        return f"{instruction.operation} does not jump" if instruction.offset else None
    target = number + instruction.offset
    if not 0 <= target < size:
        return f"jumps to instruction {target}, outside the program of {size} instructions"
    return None
