"""The example programs: the room `programs`, which stands beside the compiler in a checkout and in a wheel alike."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import compiler
from compiler.front_ends import FORMATS

PREFIX = "example:"
"""What a command may be given in place of a file: `example:collatz`."""


class UnknownExample(ValueError):
    """There is no example of this name; the message says which command lists them."""


def examples() -> dict[str, Path]:
    """By name: `collatz` for programs of the small language, `bb4.tm` for those in other formats."""
    folder = Path(compiler.__file__).parents[1] / "programs"
    machines = (file for file in folder.glob("machines/*") if file.suffix.removeprefix(".") in FORMATS)
    return {file.stem: file for file in sorted(folder.glob("*.py"))} | {file.name: file for file in sorted(machines)}


def example_file(name: str) -> Path:
    """The file of an example, by a name of `examples`.

    Raises:
        UnknownExample: there is none of this name.
    """
    known = examples()
    if name not in known:
        raise UnknownExample(f"there is no example {name!r}; `punchtape examples` lists them")
    return known[name]


def summary(file: Path) -> str:
    """The first sentence of an example's first comment, which says what it does; of brainfuck, of its first line."""
    first, *rest = file.read_text(encoding="utf-8").split("\n")
    comment = [first, *takewhile(lambda line: line[:1] in tuple("#;"), rest)]
    text = " ".join(line.lstrip("#; ").strip() for line in comment)
    return re.split(r"(?<![A-Z]\.)(?<=[.?])\s(?=[A-Z])", text)[0]
