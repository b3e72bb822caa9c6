"""The parser against CPython's: the same trees, with the same positions, and nothing that CPython refuses."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.language.checker import check
from compiler.language.errors import SourceError
from compiler.language.layout import MAX_NESTING
from compiler.language.parser import parse
from interpreter.strategies.expressions import expressions
from interpreter.strategies.programs import programs
from tests.language.python_ast import our_shape, python_shape

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "programs").glob("*.py"))

EXAMPLES = [
    "",
    "\n\n",
    "# nothing but a comment",
    "x = (a) + b",
    "y = (a + b) * (c)",
    "z = -(3) ** -2 ** 2",
    "x = ((1\n +2)\n if 3 else (4))",
    "x = not (not a) and (b or c) and d",
    "x = (((a)) and (b)) or c",
    "x = a < (b < c) < d",
    "x = a not in b",
    "x = (a if b else c) if (d) else e",
    "x = 0x1F + 0b1_0 + 0o7 + 1_0 + 0_0 + 00",
    "x = yy[1][(2):3][::a][:][1:]",
    "(x).append((3))\nx.pop()\nx.pop(0,)",
    "(a, b) = (1, 2)\na, b = b, a\na, = [1]",
    "a = b = (c)\na[i], b = 1, 2",
    "a += (1)\na[0] **= 2\na >>= 1\na //= 2",
    "for (i) in (x): pass\nelse: pass\nfor i, in x: pass\nfor i, j in x: break",
    "x = [(y) for (z) in (w) if (a) if b]\ny = [1, 2,]\nz = []",
    "def f(a, b=(3),): return (a, b)\ndef g(): return\ndef h(): return 1,",
    "if (x) < 2: pass\nelif not (y): x = [(1), (2)][(0)]\nelse:\n    print((a), sep='', end=b)",
    "if x: a = 1; b = 2;\nelse: c = 3",
    "if a:\n  b = 1\n\n\n  # between\n# at the left\n  c = 2\n    # deeper\nd = 1",
    "if a:\n\tb = 1\n\tif c:\n\t\td = 1\n\t\te = 1\nif f:\n    \tg = 1\n    \th = 1",
    "while a:\n    if b: continue\n    break\nelse:\n    pass",
    "assert (a), (b)\nassert a",
    "def f():\n  '''doc'''\n  global a, b\n  a = 1",
    "x = 1 + \\\n  2",
    "x = [1, # one\n # two\n 2]",
    "x = input()\ny = int(input('a'))\nz = list(map(int, input().split()))",
    "for i in range(3): print(i)\nx = [i for i in range(1, 2, 3)]",
    # strings
    "x = 'a' \\\n  'b' \"c\" u'd' '''e\nf''' \"\"\"g\"h\"\"\"",
    r"""x = '\x41\101\u00e9\U0001F600\N{BULLET}\q\'\"\\\a\b\f\n\r\t\v\0' + r'\n\'' + R"\"" """,
    "x = 'a\\\nb'",
    "x = f'a{x}' 'b' f\"{y!=3}\" f''",
    "x = f'{{{a}}}{{}}'",
    "x = f'{a[1:2]}{(a!=b)}{a==b}{a<=b}{ a }'",
    'x = f\'{"#"}{f("a", [1])}{"{"}\'',
    "x = f'''{\na\n}'''",
    r"x = rf'\{a}\n' + f'\{a}' + f'\N{BULLET}{a}' + f'\x41{a}\n'",
    r'x = "\"" + "\\" + "\'" + "" + "\"" """\"""" ',
    "x = f'no fields'",
    "x = f\"{f'{a}'}\"",
]


def assert_same(source: str) -> None:
    assert our_shape(parse(source)) == python_shape(source)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("source", EXAMPLES)
def test_examples(source: str) -> None:
    assert_same(source)
    assert_same(source + "\n")


@pytest.mark.parametrize("path", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_example_programs(path: Path) -> None:
    assert_same(path.read_text(encoding="utf-8"))


@given(expressions(depth=4))
def test_random_expressions(text: str) -> None:
    assert_same(text)


@given(programs())
def test_random_programs(source: str) -> None:
    assert_same(source)


@settings(max_examples=20)
@given(programs(max_statements=4))
def test_line_ends(source: str) -> None:
    ours = our_shape(parse(source))
    assert our_shape(parse(source.replace("\n", "\r\n"))) == ours
    assert our_shape(parse(source.replace("\n", "\r"))) == ours
    assert our_shape(parse("\ufeff" + source)) == ours
    assert our_shape(parse(source.rstrip("\n"))) == ours


# ------------------------------------------------------------------------------------------ any text at all


def accepted(source: str) -> bool:
    """Whether the program is in the language; if so, CPython agrees what it is."""
    try:
        module = parse(source)
        check(module)
    except SourceError as error:
        assert error.span.line >= 1 and error.span.column >= 1
        assert error.render()
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(source, "<program>", "exec")
        assert our_shape(module) == python_shape(source.replace("\r\n", "\n").replace("\r", "\n"))
    return True


TOKEN = re.compile(r"[ \t]+|\n|\w+|'[^'\n]*'|[-+*/%&|^<>=!]=|\*\*|//|<<|>>|.", re.DOTALL)
WORDS = st.sampled_from(
    "None True and as assert break class continue def del elif else except for from global if import in is lambda not "
    "or pass print raise range return try while with yield list map int input len x y a.append a.pop sep end f r b f'{ "
    "f'{x} f'{x!r}' f'{x:3}' '' ' \" \"\"\" ''' 0 1 -1 012 0x 1.5 1_000 1_ 2j ( ) [ ] { } , : ; . ... -> := = == <> ! "
    "@ + - * ** / // % & | ^ ~ << >> += /= # \\ é ² \x00 \ud800 \u2028".split(" ")
) | st.sampled_from(["\n", "\n    ", "\n\t", "\r", "\f", "\\\n", " ", "  ", "\t"])


@given(st.text())
def test_any_text(source: str) -> None:
    accepted(source)


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.lists(WORDS, max_size=15).map("".join))
@example("x = 1 \\\n")
@example("\\\n")
def test_any_words(source: str) -> None:
    accepted(source)


@given(
    st.sampled_from(["", "r", "f", "rf", "u", "F"]),
    st.sampled_from(["'", '"', "'''", '"""']),
    st.text(st.sampled_from("\\'\"nx4u0N{}a !=:#\n[]()"), max_size=12),
)
def test_any_string_literal(prefix: str, quotes: str, body: str) -> None:
    accepted(f"a = n = x = 1\ny = {prefix}{quotes}{body}{quotes}")


@given(programs(max_statements=6), st.data())
def test_programs_with_errors(source: str, data: st.DataObject) -> None:
    tokens = TOKEN.findall(source)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(tokens) - 1))
        tokens[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.lists(WORDS | st.sampled_from(tokens), max_size=2)
        )
        tokens.append("\n")
    accepted("".join(tokens))


@pytest.mark.parametrize(
    "repeated",
    [
        "(",
        "[",
        "-",
        "not ",
        "x = ",
        "x + ",
        "x ** ",
        "f(",
        "a[",
        "1 if 1 else ",
        "f'{",
        "1 < ",
        "(1, ",
        "x and ",
        "'a' ",
    ],
)
@pytest.mark.parametrize("times", [MAX_NESTING, 3000])
def test_deep_nesting(repeated: str, times: int) -> None:
    accepted(repeated * times + "1")


@pytest.mark.parametrize("opening", ["if 1:", "while 1:", "for i in []:"])
def test_deep_blocks(opening: str) -> None:
    for depth in (20, 21, MAX_NESTING - 1, MAX_NESTING, 200):
        blocks = "".join(" " * i + opening + "\n" for i in range(depth))
        assert accepted(blocks + " " * depth + "pass\n") == (depth < (MAX_NESTING if opening == "if 1:" else 21))


def test_long_elif_chain() -> None:
    chain = "x = 1\nif x: pass\n" + "elif x: pass\n"
    assert accepted(chain * 10)
    assert not accepted("x = 1\nif x: pass\n" + "elif x: pass\n" * 1000)


def test_long_programs() -> None:
    assert accepted("x = 1\n" * 3000)
    assert accepted("x = [" + "1, " * 5000 + "]")


def test_long_numbers() -> None:
    assert accepted("x = " + "9" * 4300)
    assert not accepted("x = " + "9" * 4301)
    assert accepted("x = 0x" + "f" * 5000)


def test_nested_kinds_end() -> None:
    assert not accepted("a0 = [1]\n" + "".join(f"a{i + 1} = [a{i}]\n" for i in range(200)))


def test_a_program_that_is_watched_is_parsed_the_same() -> None:
    """Tree and errors, and every line is told of."""
    source = (
        "def f(n):\n    if n > 1:\n        return f(n - 1)\n    return [n, f'{n}']\n\nprint(f(3))\nx = [1,\n 2][0]\n"
    )
    told: list[int] = []
    assert repr(parse(source, on_line=told.append)) == repr(parse(source))
    assert told == sorted(told) and {2, 3, 7} <= {*told} and max(told) <= source.count("\n") + 1
    for wrong in (
        "x = (1\n",
        "x = 1 +\n",
        "if x\n    y = 1\n",
        "x = 1\n  y = 2\n",
        "x = 1 2\n",
        "f(1 for x in a)\n",
        "é = 1\n",
    ):
        with pytest.raises(SourceError) as plain:
            parse(wrong)
        with pytest.raises(SourceError) as watched:
            parse(wrong, on_line=told.append)
        assert watched.value.render() == plain.value.render()
