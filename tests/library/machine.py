"""The runtime library on plain CPython: all its files as one name space, on a heap that checks every address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import compiler.lowering
from compiler.lowering.library import FAILURES

FOLDER = Path(compiler.lowering.__file__).parent / "library"
TEXTS = ("instructions", "lists", "strings", "input")
NUMBERS = {"base": 1000, "top": 512, "top_bits": 9, "heap": 1000**2, "prime": 997, "exponent_groups": 2}


CONSTANTS = 10**9
"""Where constant strings begin."""


class Raised(Exception):
    """An exception of the language: the name of its class and its message."""


def sources() -> dict[str, str]:
    """The files of the library in the name space of the small language, by name."""
    files = [FOLDER / f"{name}.txt" for name in TEXTS] + sorted((FOLDER / "python").glob("*.py"))
    return {file.name: file.read_text(encoding="utf-8") for file in files}


class Machine:
    """One run's memory and the library's functions: `machine.call("str_find", …)`.

    Strings in arguments are put into memory; `string`, `items` and `strings` read results back.
    """

    def __init__(self) -> None:
        self.heap: dict[int, int] = {}
        self.constants: dict[int, int] = {}
        self.literals: dict[str, int] = {}
        self.space: dict[str, Any] = {}
        for name, source in sources().items():
            for key, value in NUMBERS.items():
                source = source.replace("{" + key + "}", str(value))
            exec(compile(source, name, "exec"), self.space)
        self.space.update(
            load=self.load, store=self.store, literal=self.literal, free=1000,
            shift_up=lambda x, y: x * 1000 + y % 1000, shift_down=lambda x: x // 1000,
            times_low=lambda x, y: x * (y % 1000), quotient_low=lambda x, y: x // (y % 1000),
            remainder_low=lambda x, y: x % (y % 1000),
            same=lambda x, y: x == y, less=lambda x, y: x < y, hash_of=lambda x: x,
        )  # fmt: skip
        for name in list(self.space):
            if name.startswith("raise_"):
                self.space[name] = self._raising(name)
            elif name.startswith("fail_"):
                self.space[name] = self._failing(name)

    def reset(self) -> Machine:
        """Empty memory."""
        self.heap.clear()
        self.space["free"] = 1000
        return self

    def _raising(self, name: str) -> Callable[..., int]:
        kind = "".join(word.capitalize() for word in name.split("_")[1:])

        def function(*message: int) -> int:
            if name in ("raise_empty_set", "raise_empty_dict", "raise_key_error"):
                raise Raised("KeyError", *message)
            raise Raised(kind, self.string(message[0]))

        return function

    def _failing(self, name: str) -> Callable[..., int]:
        trap = FAILURES[name]

        def function(*_: int) -> int:
            raise Raised(trap.exception, trap.message)

        return function

    def literal(self, text: str) -> int:
        """The cell of a constant string, which lies outside the heap."""
        if len(text) <= 1:
            return self.text(text)
        if text not in self.literals:
            self.literals[text] = CONSTANTS + len(self.constants) + 1
            for value in (len(text), *map(ord, text)):
                self.constants[CONSTANTS + len(self.constants)] = value
        return self.literals[text]

    def load(self, address: int, offset: int) -> int:
        place = address + offset
        if place >= CONSTANTS:
            return self.constants[place]
        assert 0 <= place < self.space["free"], f"{place} is not in use"
        return self.heap.get(place, 0)

    def store(self, address: int, offset: int, value: int) -> None:
        place = address + offset
        assert 1000 <= place <= self.space["free"], f"{place} is not in use"
        assert isinstance(value, int)
        self.heap[place] = int(value)

    def text(self, text: str) -> int:
        """The cell of a string."""
        if len(text) == 1:
            return -1 - ord(text)
        if not text:
            return int(self.space["EMPTY"])
        return self.list([ord(c) for c in text])

    def list(self, values: Sequence[int]) -> int:
        """The address of the items of a list, with its length before them."""
        free = self.space["free"]
        self.space["free"] = free + 1 + len(values)
        self.heap[free] = len(values)
        self.heap.update({free + 1 + i: value for i, value in enumerate(values)})
        return int(free + 1)

    def growable(self, values: Sequence[int]) -> int:
        """The header of a growable list."""
        return int(self.space["growable_of"](self.list(values)))

    def texts(self, texts: Iterable[str]) -> tuple[int, int]:
        """Items and length of a list of strings."""
        cells = [self.text(text) for text in texts]
        return self.list(cells), len(cells)

    def string(self, cell: int) -> str:
        if cell < 0:
            return chr(-1 - cell)
        return "".join(chr(self.load(cell, i)) for i in range(self.load(cell, -1)))

    def items(self, header: int) -> list[int]:
        length, items = self.load(header, -1), self.load(header, 0)
        assert length <= self.load(header, 1)
        return [self.load(items, i) for i in range(length)]

    def strings(self, header: int) -> list[str]:
        return [self.string(cell) for cell in self.items(header)]

    def call(self, name: str, *arguments: Any) -> Any:
        """A function of the library; strings become cells."""
        return self.space[name](*(self.text(a) if isinstance(a, str) else a for a in arguments))


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives, or the name of the exception and its message."""
    try:
        return function(*arguments)
    except Raised as raised:
        return ("raised", *raised.args)
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, ZeroDivisionError) as error:
        return ("raised", type(error).__name__, *error.args)
