"""Evaluates the LLVM code that the indexed engine generates: every operation as IEEE 754 has it, and exact or refused.

An addition or a product that rounds raises `Rounded`, but for two idioms that mean to: adding and taking off `MAGIC`,
which rounds to the nearest integer, and a division. So the fused and reordered operations that `contract` allows have
the same results.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from interpreter.engines.indexed.values import MAGIC

_MASK = 2**64 - 1
_SIZES = {"double": 8, "i64": 8, "i32": 4, "ptr": 8}
WORDS, EMBEDDING, LOG, BUFFER, TABLES = (2**40 * k for k in range(1, 6))
"""Where arrays begin. They are far apart, and nothing is at 0."""


class Rounded(ArithmeticError):
    """An operation is not exact."""


class Fault(ArithmeticError):
    """Memory is read that nobody wrote, or an instruction is unknown."""


class Memory:
    """By address, numbers as they were stored; the embedding is read from its array."""

    def __init__(self, embedding: npt.NDArray[np.float64]) -> None:
        self.cells: dict[int, int | float] = {}
        self.embedding = np.ascontiguousarray(embedding).reshape(-1)

    def load(self, kind: str, address: int) -> int | float:
        """The value of the LLVM type `kind` at an address, in bytes.

        Raises:
            Fault: nothing was stored there, or a value of another type.
        """
        if EMBEDDING <= address < LOG:
            return float(self.embedding[(address - EMBEDDING) // 8])
        try:
            value = self.cells[address]
        except KeyError:
            if address >= TABLES:
                return 0 if kind != "double" else 0.0
            raise Fault(f"nothing was written at {address:#x}") from None
        if kind == "double" and isinstance(value, int):
            return float(struct.unpack("<d", struct.pack("<Q", value & _MASK))[0])
        if kind == "i64" and isinstance(value, float):
            return int(struct.unpack("<q", struct.pack("<d", value))[0])
        return value

    def store(self, address: int, value: int | float) -> None:
        """Keeps a value at an address, in bytes."""
        self.cells[address] = value


Values = dict[str, Any]
Block = list[Callable[[Values], str | None]]


class Function:
    """One function of a module, ready to be called; `values` are those of the last call, by name."""

    def __init__(self, text: str, name: str, memory: Memory) -> None:
        # Names may stand in quotes, which say nothing.
        body = re.search(rf"^define \S+ @{name}\((.*?)\)\s*\{{\n(.*?)^\}}", text.replace('"', ""), re.M | re.S)
        if body is None:
            raise Fault(f"there is no function {name}")
        self.parameters = [p.split()[-1] for p in body[1].split(",")]
        self.memory = memory
        self.values: Values = {}
        self.blocks: dict[str, Block] = {}
        block: Block = []
        for line in body[2].splitlines():
            if line.endswith(":"):
                block = self.blocks.setdefault(line[:-1], [])
            elif line.strip():
                block.append(self._instruction(line.strip()))

    def __call__(self, *arguments: int) -> Any:
        """What the function returns for these arguments; Fault, if it does what is not evaluated here."""
        self.values = values = dict(zip(self.parameters, arguments, strict=True))
        label = next(iter(self.blocks))
        while True:
            following = None
            for run in self.blocks[label]:
                following = run(values)
            if following is None:
                return values["returned"]
            values["came from"], label = label, following

    # ------------------------------------------------------------------------------------------ operands

    def _operand(self, text: str, kind: str) -> Callable[[Values], Any]:
        text = text.strip()
        if text.startswith("%"):
            return lambda values: values[text]
        if kind == "double":
            number = struct.unpack("<d", struct.pack("<Q", int(text, 16)))[0] if "x" in text else float(text)
        else:
            number = {"true": 1, "false": 0}.get(text)
            number = int(text) if number is None else number
        return lambda values: number

    def _instruction(self, line: str) -> Callable[[Values], str | None]:
        line = re.sub(r"\s+", " ", re.sub(r",? ![\w.]+ !\d+", "", line))
        target, _, operation = line.partition(" = ") if line.startswith("%") else ("", "", line)
        word = operation.split()[0]
        if not target:
            return self._effect(word, operation)
        if word == "phi":
            kind = operation.split()[1]
            found = re.findall(r"\[ ?(\S+), %([^\s\]]+) ?\]", operation)
            ways = {label: self._operand(value, kind) for value, label in found}
            return lambda v: v.__setitem__(target, ways[v["came from"]](v))
        compute = self._value(word, operation)
        return lambda v: v.__setitem__(target, compute(v))

    def _effect(self, word: str, operation: str) -> Callable[[Values], str | None]:
        match word:
            case "store":
                kind, value, pointer = _match(r"store (\S+) (\S+), ptr (\S+?)(?:,.*)?$", operation)
                what, where = self._operand(value, kind), self._operand(pointer, "i64")
                return lambda v: self.memory.store(where(v), what(v))
            case "br" if operation.startswith("br label"):
                [label] = _match(r"br label %(\S+)$", operation)
                return lambda v: label
            case "br":
                condition, then, otherwise = _match(r"br i1 (\S+), label %(\S+), label %(\S+)$", operation)
                holds = self._operand(condition, "i1")
                return lambda v: then if holds(v) else otherwise
            case "switch":
                value, default, cases = _match(r"switch i32 (\S+), label %(\S+) \[(.*)\]$", operation)
                of = self._operand(value, "i32")
                labels = {int(n): label for n, label in re.findall(r"i32 (-?\d+), label %([^\s,]+)", cases)}
                return lambda v: labels.get(of(v), default)
            case "ret":
                result = self._operand(operation.split()[-1], "i64") if operation != "ret void" else lambda v: None
                return lambda v: v.__setitem__("returned", result(v))
        raise Fault(f"unknown: {operation}")

    def _value(self, word: str, operation: str) -> Callable[[Values], Any]:
        match word:
            case "fadd" | "fsub" | "fmul" | "fdiv":
                a, b = self._two(r"f\w+ (?:contract )?double (\S+), (\S+)$", operation, "double")
                compute = _FLOATS[word]
                return lambda v: compute(a(v), b(v))
            case "fcmp":
                [how] = _match(r"fcmp (\w+) ", operation)
                a, b = self._two(r"fcmp \w+ double (\S+), (\S+)$", operation, "double")
                test = _FLOAT_TESTS[how]
                return lambda v: int(test(a(v), b(v)))
            case "icmp":
                [how] = _match(r"icmp (\w+) ", operation)
                a, b = self._two(r"icmp \w+ \S+ (\S+), (\S+)$", operation, "i64")
                holds = _TESTS[how]
                return lambda v: int(holds(a(v), b(v)))
            case "select":
                condition, kind, then, otherwise = _match(r"select i1 (\S+), (\S+) (\S+), \S+ (\S+)$", operation)
                c, x, y = self._operand(condition, "i1"), self._operand(then, kind), self._operand(otherwise, kind)
                return lambda v: x(v) if c(v) else y(v)
            case "load":
                kind, pointer = _match(r"load (\S+), ptr (\S+?)(?:,.*)?$", operation)
                where = self._operand(pointer, "i64")
                return lambda v: self.memory.load(kind, where(v))
            case "getelementptr":
                kind, pointer, offset = _match(r"getelementptr inbounds (\S+), ptr (\S+), i64 (\S+)$", operation)
                base, number, size = self._operand(pointer, "i64"), self._operand(offset, "i64"), _SIZES[kind]
                return lambda v: base(v) + size * number(v)
            case "call":
                return self._call(operation)
            case "zext" | "trunc" | "sitofp" | "uitofp" | "fptosi" | "bitcast" | "inttoptr":
                kind, value, _ = _match(r"\w+ (\S+) (\S+) to (\S+)$", operation)
                x = self._operand(value, kind)
                convert = _CONVERSIONS[word]
                return lambda v: convert(x(v))
        if word in _INTEGERS:
            [kind] = _match(r"\w+ (\S+) ", operation)
            a, b = self._two(r"\w+ \S+ (\S+), (\S+)$", operation, kind)
            compute_int = _INTEGERS[word]
            return (lambda v: compute_int(a(v), b(v)) & 1) if kind == "i1" else (lambda v: compute_int(a(v), b(v)))
        raise Fault(f"unknown: {operation}")

    def _call(self, operation: str) -> Callable[[Values], Any]:
        name, arguments = _match(r"call \S+ @(\S+?)\((.*)\)$", operation)
        operands = [self._operand(a.split()[1], a.split()[0]) for a in arguments.split(", ")]
        function = _CALLS[name]
        return lambda v: function(*(x(v) for x in operands))

    def _two(self, pattern: str, operation: str, kind: str) -> tuple[Callable[[Values], Any], Callable[[Values], Any]]:
        a, b = _match(pattern, operation)
        return self._operand(a, kind), self._operand(b, kind)


def _match(pattern: str, text: str) -> tuple[str, ...]:
    found = re.match(pattern, text)
    if found is None:
        raise Fault(f"unknown: {text}")
    return found.groups()


def _signed(x: int) -> int:
    x &= _MASK
    return x - 2**64 if x >= 2**63 else x


def _exact(result: float, expected: Callable[[], Fraction], a: float, b: float) -> float:
    """NaN, *not known*, stays; infinite results are refused."""
    if math.isnan(a) or math.isnan(b) or MAGIC in (a, b):
        return result
    if math.isinf(result) or Fraction(result) != expected():
        raise Rounded(f"of {a} and {b} comes {result}")
    return result


def _whole(a: float, b: float, result: float) -> bool:
    """Integers with a result below 2**53: nothing can round."""
    return abs(result) < 2.0**53 and a.is_integer() and b.is_integer()


def _fadd(a: float, b: float) -> float:
    r = a + b
    return r if _whole(a, b, r) else _exact(r, lambda: Fraction(a) + Fraction(b), a, b)


def _fsub(a: float, b: float) -> float:
    r = a - b
    return r if _whole(a, b, r) else _exact(r, lambda: Fraction(a) - Fraction(b), a, b)


def _fmul(a: float, b: float) -> float:
    r = a * b
    return r if _whole(a, b, r) else _exact(r, lambda: Fraction(a) * Fraction(b), a, b)


def _fdiv(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _floor(x: float) -> float:
    return x if math.isnan(x) or math.isinf(x) else float(math.floor(x))


def _to_integer(x: float) -> int:
    if math.isnan(x):
        return 0
    return max(-(2**63), min(2**63 - 1, math.trunc(x) if not math.isinf(x) else int(math.copysign(2**63, x))))


_FLOATS = {"fadd": _fadd, "fsub": _fsub, "fmul": _fmul, "fdiv": _fdiv}
_FLOAT_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "oeq": lambda a, b: a == b, "ogt": lambda a, b: a > b, "ole": lambda a, b: a <= b, "olt": lambda a, b: a < b,
    "oge": lambda a, b: a >= b, "ord": lambda a, b: not (math.isnan(a) or math.isnan(b)),
}  # fmt: skip
_TESTS: Mapping[str, Callable[[int, int], bool]] = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "slt": lambda a, b: a < b, "sge": lambda a, b: a >= b,
}  # fmt: skip
_INTEGERS: Mapping[str, Callable[[int, int], int]] = {
    "add": lambda a, b: _signed(a + b), "sub": lambda a, b: _signed(a - b), "mul": lambda a, b: _signed(a * b),
    "and": lambda a, b: _signed(a & b), "or": lambda a, b: _signed(a | b), "xor": lambda a, b: _signed(a ^ b),
    "shl": lambda a, b: _signed(a << b), "lshr": lambda a, b: _signed((a & _MASK) >> b),
}  # fmt: skip
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "zext": int, "trunc": int, "sitofp": float, "uitofp": float, "inttoptr": int, "fptosi": int,
    "bitcast": lambda x: int(struct.unpack("<q", struct.pack("<d", x))[0]),
}  # fmt: skip
_CALLS: Mapping[str, Callable[..., Any]] = {
    "llvm.fabs.f64": abs, "llvm.floor.f64": _floor, "llvm.smin.i64": min, "llvm.smax.i64": max,
    "llvm.fptosi.sat.i64.f64": _to_integer,
}  # fmt: skip
