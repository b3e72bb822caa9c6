"""The runtime library: text in the small language, in the folder `library`, with single instructions in it.

A call of one of `INSTRUCTIONS` is that instruction, and a call of one of `FAILURES` ends the run. The texts
know the layout by the constants at their beginnings, and by tables.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import count
from pathlib import Path

from compiler.language.checked import CheckedProgram
from compiler.language.checker import check
from compiler.language.kept_trees import parse_once
from compiler.language.syntax import Assign, Global, IntegerLiteral, Name
from compiler.machines.ram.isa import Layout, Opcode
from compiler.machines.ram.program import OUT_OF_MEMORY, Trap

INSTRUCTIONS = {
    "times_low": Opcode.MUL,
    "quotient_low": Opcode.QUO,
    "remainder_low": Opcode.REM,
    "shift_down": Opcode.SHR,
    "shift_up": Opcode.SHL,
    "load": Opcode.LOAD,
    "store": Opcode.STORE,
    "put": Opcode.OUTC,
}

FAILURES = {
    "fail_memory": OUT_OF_MEMORY,
    "fail_shift": Trap("ValueError", "negative shift count"),
    "fail_digits": Trap("OverflowError", "too many digits in integer"),
    "fail_power": Trap("ValueError", "a negative exponent would make a float"),
    "fail_modulus": Trap("ValueError", "pow() 3rd argument cannot be 0"),
    "fail_end_of_input": Trap("EOFError", "EOF when reading a line"),
    "fail_integer": Trap("ValueError", "invalid literal for int() with base 10"),
    "fail_pop": Trap("IndexError", "pop from empty list"),
    "fail_pop_index": Trap("IndexError", "pop index out of range"),
    "fail_step": Trap("ValueError", "slice step cannot be zero"),
    "fail_minimum": Trap("ValueError", "min() arg is an empty sequence"),
    "fail_maximum": Trap("ValueError", "max() arg is an empty sequence"),
    "fail_index": Trap("IndexError", "string index out of range"),
    "fail_representation": Trap("NotImplementedError", "the representation of characters beyond U+0377"),
}

OPERATORS = 13
"""Of two operands; those of augmented assignments have the numbers from here on."""
DIGIT_BITS = 5
"""Of the digits whose conjunctions are looked up: a table of 1,024 numbers, of which 781 are not 0."""

_CONSTANT_DIGITS = 90
_LOG_2 = 693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326
_HALF_PI = 1_570796326794896619231321691639751442098584699687552910487472296153908203143104499314017412
"""Of log(2) and pi / 2 as many digits."""

_FILES = ("instructions", "arithmetic", "lists", "strings", "input")


@cache
def library(layout: Layout, tagged: bool = False) -> CheckedProgram:
    """The checked library for a layout; that for tagged values is larger."""
    folder = Path(__file__).parent / "library"
    files = [folder / f"{name}.txt" for name in _FILES]
    if tagged:
        files += sorted((folder / "tagged").glob("*.txt"))
    text = _instantiated("\n".join(path.read_text(encoding="utf-8") for path in files), layout)
    return check(parse_once(text, "<library>"), assigned=tagged)


def library_constants(checked: CheckedProgram) -> dict[str, int]:
    """The constants: module-level variables of the library that none of its functions assigns."""
    assigned = {
        name
        for info in checked.functions.values()
        for node in info.definition.body
        if isinstance(node, Global)
        for name in node.names
    }
    return {
        target.identifier: statement.value.value
        for statement in checked.module.body
        if isinstance(statement, Assign) and isinstance(statement.value, IntegerLiteral)
        for target in statement.targets
        if isinstance(target, Name) and target.identifier not in assigned
    }


def _instantiated(text: str, layout: Layout) -> str:
    """The text with the numbers of the layout in it, and lines repeated for powers of two."""
    bits = (layout.base - 1).bit_length()
    powers = [2**i for i in range(bits)]
    lines: list[str] = []
    for line in with_operators_in_place(text).split("\n"):
        if line.lstrip().startswith("#"):
            continue
        if "{power}" in line:
            lines += [line.replace("{power}", str(power)) for power in reversed(powers)]
        elif "{double}" in line:
            lines += [
                line.replace("{double}", str(double)).replace("{half}", str(half))
                for half, double in zip(powers, powers[1:])
            ]
        else:
            lines.append(line)
    numbers = layout_numbers(layout)
    return re.sub(r"\{(\w+)\}", lambda match: str(numbers[match[1]]), "\n".join(lines))


def with_operators_in_place(text: str) -> str:
    """The text with each function whose name ends in `{=}` there twice: as `name`, and as `name_in_place`.

    The second is for `x += y`: its operator ends in `=`, its numbers of operators are counted on, and the lines
    that begin with `{=}` are there only; those that begin with `{!=}` are in the first only.
    """
    plain, in_place = re.compile(r"^ *\{=\}.*\n|\{!?=\}", re.MULTILINE), re.compile(r"^ *\{!=\}.*\n", re.MULTILINE)

    def twice(function: re.Match[str]) -> str:
        other = in_place.sub("", function[0]).replace("{=}(x, y)", "_in_place(x, y)", 1)
        other = re.sub(r"^( *)\{=\}", r"\1", other, flags=re.MULTILINE)
        other = re.sub(r"(\d+)\{=\}", lambda number: str(int(number[1]) + OPERATORS), other).replace("{=}", "=")
        return plain.sub("", function[0]) + "\n\n" + other

    return re.sub(r"^def \w+\{=\}(?:.*\n)(?: .*\n|\n(?= ))*", twice, text, flags=re.MULTILINE)


def layout_numbers(layout: Layout) -> dict[str, int]:
    """What the texts know of the layout, by the names that stand in braces in them; and `OPERATORS`."""
    bits = (layout.base - 1).bit_length()
    groups, gaps = _digit_gaps(layout.base)
    chunk = min(bits - 1, 2 * DIGIT_BITS)
    digit = 2 ** ((chunk + 1) // 2)
    ones, wide = (next(n for n in count(1) if layout.base**n >> places) for places in (150, 240))
    return {
        "base": layout.base, "square": layout.base**2, "low_top": layout.base // 8 + 1, "top": 2 ** (bits - 1),
        "top_bits": bits - 1, "chunk": 2**chunk, "digit": digit,
        "heap": layout.largest_heap, "digit_gaps": gaps, "gap_groups": groups,
        "operators": OPERATORS,
        "one_groups": ones, "one": layout.base**ones, "log_2": _LOG_2 * layout.base**ones // 10**_CONSTANT_DIGITS,
        "wide_groups": wide, "wide_one": layout.base**wide,
        "half_pi": _HALF_PI * layout.base**wide // 10**_CONSTANT_DIGITS,
    }  # fmt: skip


@cache
def constant_table(name: str, layout: Layout) -> str:
    """A table of the library, as the text whose characters have its numbers as codes.

    `conjunctions`: number d * x + y is d * (x & y), for x and y below `digit`, which is d.
    """
    assert name == "conjunctions", name
    digit = layout_numbers(layout)["digit"]
    return "".join(chr(digit * (x & y)) for x in range(digit) for y in range(digit))


@cache
def _digit_gaps(base: int) -> tuple[int, int]:
    """How many groups a gap has, and all gaps between the zeros of Unicode's decimal digits, as groups of one integer.

    Beyond ASCII, by the tables of the Python that compiles: it is what the program is compared with.
    """
    zeros = [code for code in range(128, sys.maxunicode) if unicodedata.decimal(chr(code), -1) == 0]
    gaps = [zero - before for before, zero in zip([0, *zeros], zeros)]
    groups = next(n for n in range(1, 10) if base**n > max(gaps))
    packed = 0
    for gap in reversed(gaps):
        turned = sum(gap // base**i % base * base ** (groups - 1 - i) for i in range(groups))
        packed = packed * base**groups + turned
    return groups, packed
