"""All errors of a program in one go, in the order of the text; what follows from one of them is not told."""

from __future__ import annotations

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from compiler.language.checker import check_source
from compiler.language.errors import MAX_SHOWN, SourceError
from compiler.language.parser import parse
from compiler.language.syntax import Statement
from compiler.language.walk import walk
from interpreter.strategies.programs import programs

CLASHES = [
    # kinds: after an error in the assignment of a variable, no error is told that may come from it
    "x = 1\nx = ¿'a'\ny = [1]\ny.append(¿'b')\nprint(x, y)\n",
    "x = 1\nx = ¿'a'\nprint(x + 'b')\nz = x + 'c'\nprint(z + 1)\ny = 1\ny = ¿'a'\n",
    "if len(¿1):\n    x = ¿1 + 'a'\nelse:\n    y = ¿'a' + 1\n",
    "while ¿1 + 'a':\n    x = ¿1 + 'a'\n    break\nfor i in ¿3:\n    y = i + 1\n    z = ¿[] + 1\n",
    "def f(x):\n    return ¿x + 'a' + 1\n\n\ny = f('a')\nz = y + 1\nprint(z, -¿'a')\n",
    "def f(x):\n    return x + 1\n\n\nprint(f(1))\nprint(f(¿'a'))\nprint(f(¿[1]))\n",
    "def f(x, y=¿1 + 'a'):\n    return x + y + (-¿'a')\n\n\nprint(f(1))\n",
    "x = ¿[y for y in range(2)] + 1\nfor y in x:\n    print(y + 'a')\nz = [¿y + 'a' for y in range(2)]\n",
    # names: what is unknown is told once
    "print(¿x)\nprint(x)\nprint(¿f(1))\nprint(f(2))\ny = ¿g(1) + 1\nprint(y + 'a')\n",
    "print(¿len(1, 2))\nabc = 1\nprint(¿abd + abc)\nabc = ¿'a'\n",
    "def f():\n    x = 1\n    ¿global x\n    return x\n\n\n¿def f():\n    return 1 + 'a'\n",
    "¿len = 1\n\n\ndef f(¿len):\n    return len + ¿y\n",
    "def f(x):\n    print(y)\n    return x\n\n\nprint(f(1) + ¿z1)\n\n\ndef g(x):\n    return ¿z2\n\n\ny = 1\n",
    "x = ¿sorted([2, 1])\ny = ¿sorted(x)\nprint(y + 'a')\n",
    "¿f()\nf()\nprint(¿sum)\nsum1 = ¿1 + 'a'\n\n\ndef f():\n    print(1)\n",
    # results
    "¿def f(x):\n    if x:\n        return 1\n\n\n¿def g(x):\n    if x:\n        return 1\n\n\nprint(¿f(1) + '', ¿z)\n",
    "def f(x):\n    if x:\n        return 1\n    ¿return 1, 2\n\n\ndef g():\n    return (¿1,)\n",
]

SYNTAX = [
    "x = 1 +¿\ny = 2\nz = ¿= 3\nprint(x)¿)\nprint(y)\n",
    "if x ¿= 1:\n    y = ¿= 2\nelse:\n    z = 3 ¿3\nprint¿(1\nx = 2\nx = ¿{}\n",
    # the block of a refused header is read; of what is outside the language as a whole it is not
    "def f¿(:\n    return 1\n    for x ¿on y:\n        break\n    return 2 ¿2\n",
    "¿class A:\n    def f(self):\n        pass\n    x: int = 1\nx = ¿lambda: 1\n",
    "x = 1\n¿try:\n    x = 1\ny = 3 ¿3\n",
    "if 1:\n    x = 1\nelse ¿if 2:\n    x = 2\nelse:\n    x = 3 ¿3\n",
    "while 1 ¿1:\n    if x:\n        break\nelse:\n    x = 2 ¿2\n",
    "def f(x):\n    if x:\n        return 1 ¿1\n    elif x ¿2:\n        return 3\n    else:\n        x = 4\n¿return\n",
    # indentation
    "x = 1\n¿  y = 2\n  z = 3\n\n  if z:\n    z = 4\nw = 4 ¿4\n",
    "if x:\n¿print(1)\nprint(2 ¿2)\n",
    "def f():\n    if 1:\n        x = 1\n¿      y = 2\n      z = 3\n    return x ¿x\n",
    # what goes over several lines
    "x = [\n1, 2,\n3 ¿3,\n4]\ny = 1 ¿1\n",
    "foo¿(\n  1\nbar(2)\nx = 1 ¿1\n",
    "x = ¿'abc\ny = 1 ¿1\nz = ¿'''abc\ndef 1 1\n",
    "x = '''\n( def 1 1\n''' + 1 ¿1\ny = 1 ¿1 # (\nz = \"(\" ¿1\n",
    "print(1,\n      2 ¿2,\n      3)\n\n\ndef f():\n    x = (1 +\n    2\n    ) ¿3\n",
    "print ¿'a'\nif 1:\n    print ¿'b', x\n",
    # rules that are not in the grammar
    "¿break\nx = ¿1, 2\ny = 1 ¿1\n",
]


def marked(source: str) -> tuple[str, list[tuple[int, int]]]:
    """The source without its marks ¿, and the lines and columns of what comes after each of them."""
    places = []
    for number, line in enumerate(source.split("\n"), start=1):
        parts = line.split("¿")
        places += [(number, 1 + sum(map(len, parts[:i]))) for i in range(1, len(parts))]
    return source.replace("¿", ""), places


@pytest.mark.parametrize("source", CLASHES + SYNTAX)
def test_all_errors_in_order(source: str) -> None:
    source, places = marked(source)
    with pytest.raises(SourceError) as caught:
        check_source(source)
    assert [(error.span.line, error.span.column) for error in caught.value.errors] == places
    assert (caught.value.span.line, caught.value.span.column) == places[0]


def test_what_is_shown() -> None:
    with pytest.raises(SourceError) as caught:
        check_source("print(x)\nprint(1 + 'a')\n", "two.py")
    assert str(caught.value) == (
        "two.py:1:7: error: the name `x` is not defined\n"
        "    print(x)\n"
        "          ^\n"
        "hint: assign a value to it first\n"
        "two.py:2:7: error: `+` between an integer and a string\n"
        "    print(1 + 'a')\n"
        "          ^^^^^^^\n"
        "hint: write `int(…)` or `str(…)` to convert"
    )


@pytest.mark.parametrize(
    ("count", "last"), [(20, "hint: "), (21, "many.py: 1 more error"), (29, "many.py: 9 more errors")]
)
def test_of_many_errors_the_first_are_shown(count: int, last: str) -> None:
    with pytest.raises(SourceError) as caught:
        check_source("print(1 + 'a')\n" * count, "many.py")
    assert len(caught.value.errors) == count
    assert str(caught.value).count("error: ") == MAX_SHOWN
    assert str(caught.value).split("\n")[-1].startswith(last)


CLASHING = [
    "x{} = 1 + 'a'",
    "x{} = -'a'",
    "x{} = y{}",
    "x{} = [1, 'a']",
    "print(len(3))",
    "x{} = f{}(1)",
    "x{} = chr(1, 2)",
]


@settings(max_examples=30)
@given(programs(max_statements=8), st.data())
def test_planted_errors_are_all_found(source: str, data: st.DataObject) -> None:
    """Bad lines between the statements of a good program: exactly they are told, in order."""
    try:
        statements = check_source(source).module.body
    except SourceError:
        reject()
    lines = source.split("\n")
    ends = sorted(data.draw(st.lists(st.sampled_from([0, *(s.span.end_line for s in statements)]), min_size=1)))
    expected = []
    for count, end in enumerate(ends):
        lines.insert(end + count, data.draw(st.sampled_from(CLASHING)).format(f"_{count}", f"_{count}"))
        expected.append(end + count + 1)
    with pytest.raises(SourceError) as caught:
        check_source("\n".join(lines))
    assert [error.span.line for error in caught.value.errors] == expected


MALFORMED = [
    "x = = 1",
    "print 'a'",
    "y = (1",
    "z = 'abc",
    "if x = 1: pass",
    "x = {1}",
    "import y",
    "x =",
]


@settings(max_examples=30)
@given(programs(max_statements=12), st.data())
def test_planted_syntax_errors_are_all_found(source: str, data: st.DataObject) -> None:
    """Bad lines in front of statements of a good program, at their indentation: exactly they are told, in order."""
    lines = source.split("\n")
    spans = [node.span for node in walk(*parse(source).body) if isinstance(node, Statement)]
    first = {span.line: span.column for span in reversed(spans) if not lines[span.line - 1][: span.column - 1].strip()}
    starts = {line: column for line, column in first.items() if not lines[line - 1].lstrip().startswith("elif")}
    places = sorted(data.draw(st.sets(st.sampled_from(sorted(starts)), min_size=1)))
    expected = []
    for count, line in enumerate(places):
        lines.insert(line - 1 + count, " " * (starts[line] - 1) + data.draw(st.sampled_from(MALFORMED)))
        expected.append(line + count)
    with pytest.raises(SourceError) as caught:
        parse("\n".join(lines))
    assert [error.span.line for error in caught.value.errors] == expected
