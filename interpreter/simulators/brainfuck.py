"""The reference simulator of brainfuck: character by character, straight from the definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class BrainfuckResult:
    """What a run did.

    ended: `off_tape` where a cell was used that does not exist, `no_character` for a value that cannot be
    printed, `no_cell_value` for a character that does not fit a cell; at: the index in the text of the command
    that was not carried out; steps: commands carried out.
    """

    output: str
    ended: Literal["halt", "budget", "off_tape", "no_character", "no_cell_value"]
    at: int
    steps: int


def simulate(
    text: str,
    input_text: str = "",
    wrap: int = 256,
    zero_at_end: bool = True,
    max_steps: int = 10_000,
    both: bool = False,
) -> BrainfuckResult:
    """Runs a program whose brackets match.

    wrap: cells hold as many values from 0 on; 0: any integer. zero_at_end: `,` at the end of the input gives 0,
    otherwise leaves the cell as it is. both: the tape has cells to the left of the first as well.
    """
    partner: dict[int, int] = {}
    opened: list[int] = []
    for at, command in enumerate(text):
        if command == "[":
            opened.append(at)
        elif command == "]":
            partner[at] = opened.pop()
            partner[partner[at]] = at
    tape: dict[int, int] = {}
    letters = iter(input_text)
    output: list[str] = []
    head = at = steps = 0

    def result(ended: Literal["halt", "budget", "off_tape", "no_character", "no_cell_value"]) -> BrainfuckResult:
        return BrainfuckResult("".join(output), ended, at, steps)

    while at < len(text):
        command = text[at]
        if command not in "+-<>.,[]":
            at += 1
            continue
        if steps == max_steps:
            return result("budget")
        if command not in "<>" and head < 0 and not both:
            return result("off_tape")
        value = tape.get(head, 0)
        if command == "<":
            head -= 1
        elif command == ">":
            head += 1
        elif command == "+":
            tape[head] = (value + 1) % wrap if wrap else value + 1
        elif command == "-":
            tape[head] = (value - 1) % wrap if wrap else value - 1
        elif command == ".":
            if not (0 <= value < 0xD800 or 0xE000 <= value <= 0x10FFFF):
                return result("no_character")
            output.append(chr(value))
        elif command == ",":
            letter = next(letters, None)
            if letter is None:
                tape[head] = 0 if zero_at_end else value
            elif wrap and ord(letter) >= wrap:
                return result("no_cell_value")
            else:
                tape[head] = ord(letter)
        elif (command == "[") == (value == 0):
            at = partner[at]
        steps += 1
        at += 1
    return result("halt")
