"""The runtime library on plain CPython: all its files as one name space, on a heap that checks every address."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import compiler.lowering
from compiler.lowering.library import FAILURES, layout_numbers, with_operators_in_place
from compiler.lowering.tagged.floats import encoded
from compiler.machines.ram.isa import Layout

FOLDER = Path(compiler.lowering.__file__).parent / "library"
TEXTS = ("instructions", "lists", "strings", "input")
"""All but `arithmetic`: integers are CPython's here."""


RAISED = ("raise_value_error", "raise_type_error", "raise_index_error", "raise_attribute_error", "raise_overflow_error",
          "raise_zero_division_error", "raise_runtime_error", "raise_key_error", "raise_unsupported")  # fmt: skip
CONSTANTS = 10**9
"""Where constant strings begin."""


class Raised(Exception):
    """An exception of the language: the name of its class and its message."""


def sources() -> dict[str, str]:
    """The files of the library in the name space of the small language, by name."""
    files = [FOLDER / f"{name}.txt" for name in TEXTS] + sorted((FOLDER / "tagged").glob("*.txt"))
    return {file.name: with_operators_in_place(file.read_text(encoding="utf-8")) for file in files}


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
            for number, value in layout_numbers(Layout()).items():
                source = source.replace(f"{{{number}}}", str(value))
            exec(compile(source, name, "exec"), self.space)
        self.space.update(
            load=self.load, store=self.store, literal=self.literal, free=1000,
            shift_up=lambda x, y: x * 1000 + y % 1000, shift_down=lambda x: x // 1000,
            times_low=lambda x, y: x * (y % 1000), quotient_low=lambda x, y: x // (y % 1000),
            remainder_low=lambda x, y: x % (y % 1000),
        )  # fmt: skip
        self.space.update({name: 1 for name in self.space if name.startswith("WITH_")})
        for name in list(self.space):
            if name in RAISED:
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
            if name == "raise_key_error":
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
        return self.listed([ord(c) for c in text])

    def listed(self, values: Sequence[int]) -> int:
        """The address of the items of a list, with its length before them."""
        free = self.space["free"]
        self.space["free"] = free + 1 + len(values)
        self.heap[free] = len(values)
        self.heap.update({free + 1 + i: value for i, value in enumerate(values)})
        return int(free + 1)

    def growable(self, values: Sequence[int]) -> int:
        """The header of a growable list."""
        return int(self.space["growable_of"](self.listed(values)))

    def texts(self, texts: Iterable[str]) -> tuple[int, int]:
        """Items and length of a list of strings."""
        cells = [self.text(text) for text in texts]
        return self.listed(cells), len(cells)

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

    def value(self, value: Any) -> int:
        """The tagged cell of a value."""
        match value:
            case bool():
                return int(value) * 1000 + 1
            case int():
                return value * 1000
            case None:
                return 2
            case str():
                return self.text(value) * 1000 + 3
            case float():
                payload = encoded(value, 1000)
                assert payload is not None
                return payload * 1000 + 4
            case list():
                return self.growable([self.value(item) for item in value]) * 1000 + 5
            case tuple():
                return self.listed([self.value(item) for item in value]) * 1000 + 6
            case dict():
                record = self.call("dict_new")
                for key, item in value.items():
                    self.call("dict_set", record, self.value(key), self.value(item))
                return int(record * 1000 + 7)
        raise NotImplementedError(type(value).__name__)

    def read(self, cell: int) -> Any:
        """The value of a tagged cell; a set is the list of its items in their order."""
        payload, tag = divmod(cell, 1000)
        match tag:
            case 0:
                return payload
            case 1:
                return bool(payload)
            case 2 if payload == 0:
                return None
            case 3:
                return self.string(payload)
            case 4:
                return self.float_of(payload)
            case 5:
                return [self.read(item) for item in self.items(payload)]
            case 6:
                return tuple(self.read(self.load(payload, i)) for i in range(self.load(payload, -1)))
            case 7:
                return {self.read(self.load(i, 1)): self.read(self.load(i, 2)) for i in self.entries(payload)}
            case 8:
                return [self.read(self.call("set_item", payload, i)) for i in self.places(payload)]
        raise NotImplementedError(f"a cell of {cell}")

    def entries(self, record: int) -> Iterator[int]:
        """The addresses of the entries of a dictionary that are in use."""
        entry = self.call("dict_first", record)
        while entry >= 0:
            yield entry
            entry = self.call("dict_next", record, entry + 3)

    def places(self, record: int) -> Iterator[int]:
        """The numbers of the entries of a set that are in use."""
        i = self.call("set_next", record, 0)
        while i >= 0:
            yield i
            i = self.call("set_next", record, i + 1)

    def float_of(self, payload: int) -> float:
        """The float of a payload, which has to be the one that stands for it."""
        special = {3001: -0.0, 3002: math.inf, 3003: -math.inf, 3004: math.nan}
        if payload in special:
            return special[payload]
        mantissa, exponent = divmod(payload, 1000**2)
        value = math.ldexp(mantissa, exponent - 1074)
        assert payload == encoded(value, 1000), f"{payload} is not in canonical form"
        return value

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
