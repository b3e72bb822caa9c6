"""Tokens per construct of the language, and the speed of the dense engine.

The tokens of a construct are the difference between the traces of a program that does it ten times more
and one that does not, so that what is around it does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import compile_program
from compiler.machines.ram import Layout, machine
from interpreter import run
from interpreter.engines import create


@dataclass(frozen=True)
class Construct:
    """`body` is done once a round; `setup` comes before; `goal` is the number of tokens aimed at, 0 for none.

    key: what the documentation calls its number.
    """

    key: str
    name: str
    setup: str
    body: str
    goal: int = 0


CONSTRUCTS = (
    Construct("mod-2", "n % 2, n below a million", "n = 654321\nm = 0\n", "m = n % 2", 12),
    Construct("half", "n // 2, n below a million", "n = 654321\nm = 0\n", "m = n // 2", 12),
    Construct("call", "call and return, one argument", "def f(x):\n    return x\nm = 0\n", "m = f(7)", 20),
    Construct("item", "a[i]", "a = [1, 2, 3]\ni = 1\nm = 0\n", "m = a[i]"),
    Construct("set-item", "a[i] = v", "a = [1, 2, 3]\ni = 1\n", "a[i] = 5"),
    Construct("small-product", "a * b, both below 1000", "a = 123\nb = 456\nm = 0\n", "m = a * b"),
    Construct("product", "a * b, both below a million", "a = 123456\nb = 654321\nm = 0\n", "m = a * b"),
    Construct("quotient", "a // b, 12 digits by 6", "a = 123456789012\nb = 654321\nm = 0\n", "m = a // b"),
    Construct("and", "a & b, both below a million", "a = 123456\nb = 654321\nm = 0\n", "m = a & b"),
    Construct("print", "print(n), n below 1000", "n = 27\n", "print(n)"),
)
ALLOCATING = (
    Construct("get", "a[i], inferred", "a = [1, 2, 3]\ni = 1\nm = 0\n", "m = a[i]"),
    Construct("repeat", "[i] * 10, inferred", "i = 123\n", "m = [i] * 10"),
    Construct("text", "str(i) + 'x', inferred", "i = 123\n", "m = str(i) + 'x'"),
    Construct("tagged-text", "str(i) + 'x', tagged", "t = {}\ni = 123\n", "m = str(i) + 'x'"),
    Construct("tagged-list", "[i, 1], tagged", "t = {}\ni = 123\n", "m = [i, 1]"),
    Construct("tagged-dict", "{'a': i, 1: None}", "i = 123\n", "m = {'a': i, 1: None}"),
    Construct("instance", "P(i)", "class P:\n    def __init__(self, x):\n        self.x = x\ni = 5\n", "m = P(i)"),
    Construct("closure", "f(i)()", "def f(n):\n    def g():\n        return n\n    return g\ni = 5\n", "m = f(i)()"),
)
"""What takes memory, or reads it."""
FIBONACCI = "n = {n}\ni = 0\na = 0\nb = 1\nwhile i < n:\n    a, b = b, a + b\n    i = i + 1\n"


def trace_tokens(source: str, layout: Layout | None = None) -> int:
    return run(compile_program(source, layout=layout), engine="reference").trace_tokens


def tokens_of(construct: Construct, layout: Layout | None = None) -> float:
    """Tokens of one execution of the construct: eleven times less once, by ten."""
    once, eleven = (trace_tokens(construct.setup + f"{construct.body}\n" * times, layout) for times in (1, 11))
    return (eleven - once) / 10


def tokens_of_fibonacci_loop() -> float:
    """Tokens an iteration of `while i < n: a, b = b, a + b; i = i + 1` with small values."""
    few, many = (trace_tokens(FIBONACCI.format(n=n)) for n in (5, 15))
    return (many - few) / 10


def dense_tokens_per_second(prompt_tokens: int = 500, tokens: int = 300) -> float:
    """Decoding speed of the dense engine after a prompt of about this length."""
    loop = "i = 0\nwhile True:\n    i = i + 1\n"
    for padding in range(prompt_tokens):
        prompt = compile_program(loop + "    if i < 0:\n        print(i)\n" * padding)
        if len(prompt.numbers) >= prompt_tokens:
            break
    engine = create("dense", machine(prompt.layout))
    run(prompt, engine=engine, max_tokens=10)
    return run(prompt, engine=engine, max_tokens=tokens).tokens_per_second
