"""Small programs against CPython: `constructs.txt` has one for every construct of the language, and
`interference.txt` some in which a call changes variables that the same expression or loop reads.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lowering.running import assert_like_python, named_programs

CONSTRUCTS = named_programs(Path(__file__).with_name("constructs.txt"))
(_, PREAMBLE), *INTERFERENCE = named_programs(Path(__file__).with_name("interference.txt")).items()


@pytest.mark.parametrize("source", CONSTRUCTS.values(), ids=CONSTRUCTS.keys())
def test_construct(source: str) -> None:
    assert_like_python(source)


@pytest.mark.parametrize(("name", "source"), INTERFERENCE)
def test_interference(name: str, source: str) -> None:
    assert_like_python(PREAMBLE + source)


READS = """
n = int(input())
a = list(map(int, input().split()))
s = input('more? ')
a.append(n)
print(n, a, s, len(s), s == 'x')
"""


@pytest.mark.parametrize(
    "text",
    ["5\n1 -2  3\nhello there\n", "5\n1\nx", "5\n\n\n", " 5 \n  7\t8 \nab\ncd\n", "-1_0\n+3 1_2\nz\n"],
)
def test_input(text: str) -> None:
    assert_like_python(READS, text)


@pytest.mark.parametrize("text", ["", "a\n", "\n\n", "one\ntwo", "one\ntwo\n"])
def test_lines(text: str) -> None:
    assert_like_python("while True:\n    print([input()])", text)
