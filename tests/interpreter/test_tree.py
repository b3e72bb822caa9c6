"""The interpreter of the syntax tree against CPython, and the checker against what happens at run time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.language import syntax as s
from compiler.language.checked import CheckedProgram
from compiler.language.checker import check_source
from compiler.language.errors import SourceError
from compiler.language.kinds import Boolean, Integer, Kind, ListOf, Nothing, String, TupleOf
from compiler.language.walk import walk
from interpreter import tree
from interpreter.simulators.cpython import run_python
from interpreter.strategies.programs import programs, programs_with_input
from interpreter.tree import StepsUsedUp, interpret
from tests.programs.cases import Case, all_cases

STEPS = 300_000

TOKEN = re.compile(r"f?'(?:[^'\\\n]|\\.)*'|f?\"(?:[^\"\\\n]|\\.)*\"|\w+|\s+|\*\*|//|<<|>>|[<>=!]=|.", re.DOTALL)


def assert_like_python(source: str, input_text: str = "") -> None:
    ours = interpret(source, input_text, STEPS)
    python = run_python(source, input_text)
    assert ours.output == python.output
    if ours.error is None:
        assert python.exception is None
    else:
        assert (ours.error.exception, ours.error.message, ours.error.line) == (
            python.exception, python.message, python.line)  # fmt: skip


EXAMPLES = [
    "print(7 // -2, 7 % -2, -7 // 2, -7 % 2, 2 ** 100)\na, b = divmod(-7, 2)\nprint(a, b)",
    "print(True, ['a\\'b', '\"', '\\n'], [[True], []], [-1], 'x', sep='|', end='!')",
    "print()\nprint(sep='a')\nprint('', end='')",
    "print(1 < 2 < 3, 1 < 3 < 2, 3 in [1, 2], 'b' in 'abc', not 0, ~5, ~True, -True, +False)",
    "a = [1, 2, 3]\nb = a\nb[0], b[-1] = b[-1], b[0]\nprint(a)",
    "a = [0]\ni = 0\ni, a[i] = 0, 5\na[0] += 2\nprint(a, i)",
    "a = [[0] * 2] * 2\na[0][1] = 7\nprint(a)",
    "x = [i * 2 for i in range(5) if i % 2 if i > 1]\nprint(x)",
    "i = 5\nprint([i for i in range(3)], i)",
    "def f(a, b=[]):\n    b.append(a)\n    return b\nprint(f(1), f(2), f(3, [4]))",
    "n = 1\ndef f(a=n): return a\nn = 2\nprint(f(), f(n))",
    "def f():\n    print('f', end=' ')\n    return 1\nprint([f(), 2][0:f()], 0 and f(), 1 or f(), 1 < 0 < f())",
    "def f(n):\n    print(n, end=' ')\n    return n\na = [1, 2]\na[f(0)] = f(5)\na[f(1)] += f(6)\nprint(f(1) < f(0))",
    "a = [1, 2]\na[0], a[1] = a\nprint(a)",
    "for i in range(3):\n    if i == 1: continue\n    print(i)\nelse: print('end')",
    "for c in 'abc':\n    if c == 'b': break\nelse: print('end')\nprint(c)",
    "i = 0\nwhile i < 3:\n    i += 1\n    if i == 2: break\nelse: print('end')\nprint(i)",
    "a = [1, 2]\nfor x in a:\n    if len(a) < 5: a.append(x)\nprint(a)",
    "a = [1, 2, 3, 4]\nfor x in a: a.pop()\nprint(a)",
    "for a, b in [[1, 2], [3, 4]]: print(a, b)",
    "print(f'{1 + 1}{[True]}{{}}{\"a\" * 2}', 'é' + chr(8364), ord('é'))",
    "print(min(3, 1, 2), max([1, 2]), sum([]), sum([True, True]), abs(-3), pow(2, 5), pow(2, 5, 7), pow(3, -1, 7))",
    "print(int('-12'), int(' 7 '), int(True), str(12), str(True), bool(''), bool([0]), len('abc'))",
    "print('abc'[::-1], 'abc'[1:], [1, 2, 3][-2:], [1, 2, 3][::2], 'abc'[5:], [1, 2][:-5])",
    "x = -(2 ** 70)\nprint(x >> 3, x & 255, x | 1, x ^ 3, x << 2, x // 7, x % 7)",
    "x = 5\ndef f():\n    global x\n    x += 1\nf()\nprint(x)",
    "print(input('name? '), int(input()), list(map(int, input().split())))",
    # run-time errors
    "a = [1]\nprint(\n  a[\n 1])",
    "a = [1]\na[-2] = 3",
    "print('ab'[2])",
    "x = 0\nprint(1)\nprint(2 +\n  3 // x)",
    "print(1 % 0)",
    "x = 1\nx //= 0",
    "x, y = divmod(1, 0)",
    "print(pow(2, 2, 0))",
    "print(pow(2, -1, 4))",
    "print(1 << -1)",
    "assert 1 < 0",
    "x = 1\nassert x == 2, f'x is {x}'",
    "assert [], 3 + 4",
    "a = []\na.pop()",
    "a = [1]\na.pop(3)",
    "a, b = [1]",
    "for a, b in [[1, 2], [1, 2, 3]]:\n    print(a)",
    "print(int('x'))",
    "print(int(''))",
    "print(chr(-1))",
    "print(ord('ab'))",
    "x = []\nprint(min(x))",
    "print('abc'[::0])",
    "for i in range(1, 2, 0): pass",
    "input()\nint(input())\nprint(list(map(int, input().split())))\nprint('no')\ninput()",
    "print('a')\nx = int(input())",
    "def f(n):\n    return 1 // n\n\ndef g(n):\n    return f(n - 1)\n\nprint(g(2))\nprint(g(1))",
    "if input() == 'x': y = 1\nprint('so far')\nprint(y)",
    "def f(n):\n    if n: x = 1\n    return x\nprint(f(1))\nprint(f(0))",
    "def f(n):\n    if n: x = 1\n    return [x for i in [1]]\nprint(f(1))\nprint(f(0))",
    "def f(n):\n    if n: x = [1]\n    return [i for i in x]\nprint(f(1))\nprint(f(0))",
    "x += 1\nx = 2",
]


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples(source: str) -> None:
    assert_like_python(source, "first\n12\n1 -2 3\n4")


@pytest.mark.parametrize("case", all_cases("small"), ids=str)
def test_example_programs(case: Case) -> None:
    result = interpret(case.source, case.input_text)
    assert (result.output, result.error) == (case.expected, None)


@given(programs())
def test_random_programs(source: str) -> None:
    assert_like_python(source)


@given(programs(max_statements=8), st.randoms(use_true_random=False))
def test_lines_of_errors_in_long_expressions(source: str, random: Random) -> None:
    depth, broken = 0, ""
    for token in TOKEN.findall(source):
        depth += (token in "([") - (token in ")]")
        broken += token
        if depth and token not in ")]" and random.random() < 0.15:
            broken += random.choice(["\n  ", "  # comment\n"])
    assert_like_python(broken)


@given(programs_with_input(max_statements=8))
def test_random_programs_with_input(program: tuple[str, str]) -> None:
    assert_like_python(*program)


@given(programs(risky=False))
def test_harmless_programs_end_well(source: str) -> None:
    assert interpret(source).error is None


def test_negative_exponents_are_loud() -> None:
    for source in ("print(2 ** -1)", "x = 2\nx **= -1", "print(pow(2, -1))"):
        error = interpret(source).error
        assert error is not None and error.exception == "ValueError"


def test_steps() -> None:
    assert interpret("x = 1 + 2").steps == 4
    with pytest.raises(StepsUsedUp, match="within 1000 steps") as caught:
        interpret("print('a')\nwhile True: pass", max_steps=1000)
    assert (caught.value.partial.output, caught.value.partial.steps) == ("a\n", 1000)


def test_errors_before_the_run() -> None:
    with pytest.raises(SourceError):
        interpret("print(1 / 2)")


# -------------------------------------------------------------------------------------------------- depth

RECURSION = """
def f(n):
    global deepest
    deepest = n
    return f(n + 1)
def g(n):
    return 0 if n == 0 else g(n - 1) + 1
deepest = 0
print(g(998))
print(deepest)
x = f(2)
"""


def test_recursion_limit_is_that_of_cpython(tmp_path: Path) -> None:
    for source in (RECURSION, RECURSION.replace("g(998)", "g(999)")):
        path = tmp_path / "program.py"
        path.write_text(source)
        python = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        ours = interpret(source)
        assert ours.output == python.stdout
        assert ours.error is not None and ours.error.exception in python.stderr
        assert f"line {ours.error.line}," in python.stderr


def test_deep_programs_do_not_exhaust_the_host() -> None:
    limit = sys.getrecursionlimit()
    nested = "0 + (" * 60 + "f(n - 1)" + ")" * 60
    source = f"def f(n):\n    if n == 0: return 7\n    return {nested}\nprint(f(990))\n"
    assert interpret(source).output == "7\n"
    assert sys.getrecursionlimit() == limit


# ----------------------------------------------------------------------- the checker against what happens


def fits(value: Any, kind: Kind) -> bool:
    match kind:
        case Boolean():
            return isinstance(value, bool)
        case Integer():
            return isinstance(value, int) and not isinstance(value, bool)
        case String():
            return isinstance(value, str)
        case ListOf():
            return isinstance(value, list) and all(fits(item, kind.element) for item in value)
        case TupleOf():
            return isinstance(value, tuple) and all(map(fits, value, kind.items))
        case Nothing():
            return value is None
        case _:
            return False


def test_values_have_their_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is of its expression's kind, and lists that are one object agree on whether they grow."""
    plain = tree._Run.value
    grows: dict[int, tuple[list[Any], bool]] = {}

    def agree(value: Any, kind: Kind) -> None:
        if isinstance(kind, ListOf):
            assert grows.setdefault(id(value), (value, kind.growable))[1] == kind.growable
            for item in value:
                agree(item, kind.element)

    def checked_value(run: Any, node: s.Expression) -> Any:
        value = plain(run, node)
        kind = run.program.kinds.get(node)
        if kind is not None and not truth_only(run.program, node):
            assert fits(value, kind), (value, kind)
            agree(value, kind)
            if isinstance(node, s.MethodCall) and node.method == "append":
                assert run.program.kinds[node.object].growable
        return value

    monkeypatch.setattr(tree._Run, "value", checked_value)

    @given(programs())
    def compare(source: str) -> None:
        grows.clear()
        interpret(source)

    compare()
    for case in all_cases("small"):
        grows.clear()
        interpret(case.source, case.input_text)


def truth_only(program: CheckedProgram, node: s.Expression) -> bool:
    """Whether the node is an `and`, `or` or conditional of several kinds, of which only the truth is used."""
    match node:
        case s.Logical():
            operands = [node.left, node.right]
        case s.Conditional():
            operands = [node.then, node.otherwise]
        case _:
            return False
    return any(program.kinds[operand] != program.kinds[node] or truth_only(program, operand) for operand in operands)


@given(programs(risky=False, max_statements=8), st.data())
def test_reads_before_assignment_are_foreseen(source: str, data: st.DataObject) -> None:
    lines = source.split("\n")
    assignments = [i for i, line in enumerate(lines) if " = " in line and not line.strip().startswith(("if", "for"))]
    if not assignments:
        return
    dropped = data.draw(st.sampled_from(assignments))
    lines[dropped] = lines[dropped][: len(lines[dropped]) - len(lines[dropped].lstrip())] + "pass"
    changed = "\n".join(lines)
    try:
        program = check_source(changed)
    except SourceError:
        return
    assert_like_python(changed)
    error = interpret(program).error
    if error is not None and error.exception in ("NameError", "UnboundLocalError"):
        assert error.line in {name.span.line for name in program.maybe_unbound}
    everything = {node for node in walk(*program.module.body) if isinstance(node, s.Name)}
    assert program.maybe_unbound <= everything
