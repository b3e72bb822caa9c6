"""The reference simulators of both dialects of SUBLEQ: lists of integers, straight from the definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

NOTHING = -2
"""What an instruction finds after the last cell: neither an address nor special."""

Ended = Literal["halt", "budget", "no_address", "no_instruction", "no_character"]


@dataclass(frozen=True)
class SubleqResult:
    """What a run did.

    ended: `no_address` for an operand that is no address, `no_instruction` where the run goes to what is none;
    at: the instruction at which it ended; steps: instructions carried out; memory: what is not 0, by address.
    """

    output: str
    ended: Ended
    at: int
    steps: int
    memory: dict[int, int]


class _Wrong(Exception):
    """The run ends in an error."""

    def __init__(self, ended: Ended) -> None:
        self.ended: Ended = ended


class _Machine:
    def __init__(self, memory: Sequence[int], size: int, input_text: str, integers: bool, bits: int = 0) -> None:
        self.bits = bits
        self.memory = dict(enumerate(map(self.wrapped, memory)))
        self.size, self.integers = size, integers
        self.letters = iter(input_text)
        self.output: list[str] = []

    def __getitem__(self, address: int) -> int:
        if not 0 <= address < self.size:
            raise _Wrong("no_address")
        return self.memory.get(address, 0)

    def __setitem__(self, address: int, value: int) -> None:
        self[address]
        self.memory[address] = value

    def wrapped(self, value: int) -> int:
        """In two's complement, if cells wrap."""
        value = value % 2**self.bits if self.bits else value
        return value - 2**self.bits if self.bits and value >= 2 ** (self.bits - 1) else value

    def number(self, at: int) -> int:
        """A number of an instruction, which may reach beyond the last cell."""
        return self[at] if at < self.size else NOTHING

    def carry_out(self, a: int, b: int) -> bool:
        """One instruction; whether it branches."""
        if a == -1:
            self[b]
            code = next(map(ord, self.letters), -1)
            if self.bits and code >= 2 ** (self.bits - 1):
                raise _Wrong("no_character")
            self[b] = code
            return False
        if b == -1:
            self.output.append(f"{self[a]}\n" if self.integers else _character(self[a]))
            return False
        self[b] = self.wrapped(self[b] - self[a])
        return self[b] <= 0

    def result(self, ended: Ended, at: int, steps: int) -> SubleqResult:
        return SubleqResult("".join(self.output), ended, at, steps, {k: v for k, v in self.memory.items() if v})


def _character(code: int) -> str:
    if not (0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF):
        raise _Wrong("no_character")
    return chr(code)


def simulate(
    memory: Sequence[int],
    size: int,
    input_text: str = "",
    integers: bool = False,
    max_steps: int = 10_000,
    bits: int = 0,
    outside: bool = False,
) -> SubleqResult:
    """The dialect with one memory, of `size` cells; integers: prints them on lines of their own, not characters.

    bits: of a cell that wraps, 0: any integer; outside: a jump to what is no address halts.
    """
    machine = _Machine(memory, size, input_text, integers, bits)
    at = steps = 0
    try:
        while at != -1:
            if steps == max_steps:
                return machine.result("budget", at, steps)
            if not 0 <= at < size:
                raise _Wrong("no_instruction")
            branches = machine.carry_out(machine.number(at), machine.number(at + 1))
            at = machine.number(at + 2) if branches else at + 3
            at = -1 if branches and outside and not 0 <= at < size else at
            steps += 1
    except _Wrong as wrong:
        return machine.result(wrong.ended, at, steps)
    return machine.result("halt", at, steps)


def simulate_separate(
    code: Sequence[int], memory: Sequence[int], input_text: str = "", integers: bool = False, max_steps: int = 10_000
) -> SubleqResult:
    """The dialect with code apart from memory; all its addresses and targets exist."""
    machine = _Machine(memory, 1 + max(max(code), len(memory)), input_text, integers)
    at = steps = 0
    try:
        while at != -1:
            if steps == max_steps:
                return machine.result("budget", at, steps)
            if not 0 <= 3 * at < len(code):
                raise _Wrong("no_instruction")
            a, b, c = code[3 * at : 3 * at + 3]
            at = c if machine.carry_out(a, b) else at + 1
            steps += 1
    except _Wrong as wrong:
        return machine.result(wrong.ended, at, steps)
    return machine.result("halt", at, steps)
