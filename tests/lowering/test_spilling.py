"""Programs with more constants than there are global cells."""

from __future__ import annotations

import pytest

from compiler import compile_program
from compiler.language.errors import SourceError
from interpreter import run
from interpreter.references.ram import interpret
from interpreter.simulators.cpython import run_python


def many(constants: int) -> str:
    """A tagged program with so many different constants, integers and texts."""
    lines = ["total, names = [None], []"]
    lines += [f"names.append(({1000 + i}, 'text {i}'))" for i in range(constants)]
    return "\n".join([*lines, "print(sum(n for n, _ in names), names[-1], names[len(names) // 2])\n"])


@pytest.mark.parametrize("constants", [100, 230, 300, 1000])
def test_constants_in_the_heap(constants: int) -> None:
    source = many(constants)
    result = interpret(compile_program(source).program)
    assert (result.output, result.ended) == (run_python(source).output, "halt")


def test_on_the_transformer() -> None:
    source = many(300)
    assert run(compile_program(source)).output == run_python(source).output


def test_too_many_variables() -> None:
    source = "x0 = [None]\n" + "".join(f"x{i} = x{i - 1}\n" for i in range(1, 700))
    with pytest.raises(SourceError, match="more than the 600 global cells"):
        compile_program(source)
