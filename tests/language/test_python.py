"""The parser of all of Python against CPython's: the same trees at the same places, and errors that say where."""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.language.errors import SourceError
from compiler.language.python.parsing import parse_python

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["benchmarks", "compiler", "interpreter", "proofs_check", "punchtape", "programs", "tests"]
SMALL = 3000
"""Bytes of the files of the standard library that are parsed."""

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")

EXAMPLES = [
    "",
    "\n# only a comment",
    "x = 1_000 + 0xFF + 0o17 + 0b1_0 + 1.5e-3 + .5 + 1. + 2j + 00 + 1e5\n",
    "x = 'a' \"b\" '''c\nd''' r'\\n' u'e'; y = b'\\x41' rb'\\n' b\"\\101\"\n",
    "x = '\\x41\\u00e9\\N{BULLET}\\\n\\q'\n",
    "x = f'a{b}c' 'd' f\"{e!r:>{f}}\" f'{{g}}' rf'\\{h}'\n",
    "x = f'''{a\n + b:{c}.{d}f}''' f'{x=}{y = !s}{z = :5}'\n",
    "x = f'{a[\"b\"]}{c!=d}{lambda_}{(lambda: 1)}{ {1: 2}[1] }{yield_}'\n",
    'x = f\'{f"{f"""{1}"""}"}\' f\'{"{" + "}"}\'\n',
    "match = case = type = 1\nmatch[1]; match(2); match.x; print(match, case)\nmatch: int = 3\ncase(1)\n",
    "match x:\n    case 1 | -2.5 | 'a' 'b' | None | 1 + 2j: pass\n    case [a, *_, b] if a: pass\n"
    "    case {'k': v, A.b: _, **rest}: pass\n    case C(1, x, y=(2 | 3) as z) | a.B(): pass\n    case (): pass\n"
    "    case a, *b: pass\n    case (1,): pass\n    case (x): pass\n    case _: case = 1; case = 2\n",
    "match x, *y:\n    case []:\n        match (z):\n            case _: pass\n        case = 1\n",
    "match (x):\n  case -1: pass\nmatch -x:\n  case _: pass\nmatch [x]:\n  case _: pass\n",
    "def f(a, b: int = 1, /, c=2, *args: *T, d, e: str = '', **kw) -> int: return a, *args\n",
    "def g(*, a): pass\ndef h(a, /): pass\ndef i(a=1, *, b=2, c): yield\nasync def j(): await x\n",
    "f = lambda: 1\ng = lambda a, b=1, /, *c, d=2, **e: (yield)\nh = lambda *, a: lambda: a\n",
    "@a.b(c)\n@d\nclass A(B, metaclass=C, *D, **E):\n    x: int\n    y: int = 1\n    (z): int = 2\n    a.b: int\n",
    "@x\nasync def f():\n    async for a, in b: pass\n    async with c as d, e: pass\n    [x async for x in y]\n",
    "with a: pass\nwith a as b, c: pass\nwith (a): pass\nwith (a, b): pass\nwith (a as b, c as (d, e),): pass\n",
    "with (a, b) as c: pass\nwith (a), b: pass\nwith (a).b: pass\nwith (): pass\nwith (yield): pass\n",
    "with (a, *b): pass\nwith (x := y): pass\nwith (x for x in y): pass\nwith (a,): pass\nwith (a)(b): pass\n",
    "try: a\nexcept: b\ntry: a\nexcept (A, B) as e: b\nexcept C: pass\nelse: d\nfinally: e\ntry: a\nfinally: b\n",
    "try: a\nexcept* A as b: pass\nexcept* B: pass\nelse:\n    pass\n",
    "import a.b.c as d, e\nfrom . import x\nfrom ...a.b import (c as d, e,)\nfrom .... import *\nfrom a import b, c\n",
    "global_ = 1\ndef f():\n    global a, b\n    nonlocal c\n",
    "a = b, = *c, d = yield_\na, (b, [c, *d]) = e\n(a) = (b) = 1\na[1:2, ::3, ...] = b[:, *c] = d[x := 1]\n",
    "a += yield_; b @= c; d //= (e); f.g **= 2; h[i] >>= j\n",
    "del a, b[1], c.d\ndel (e)\ndel (f, g), [h]\ndel (i,)\n",
    "assert a, b\nraise\nraise A from b\nassert (a)\nreturn_ = 1\n",
    "for x in *a, b: pass\nfor (x), y in z: break\nelse: continue\nfor x.y, z[0] in w: pass\n",
    "x = a if b else c if d else lambda: e\ny = not a in b is not c not in d\nz = (a or b) or c and d or e\n",
    "x = -a ** -b ** ~c @ d\ny = await_ + +1 - (2) * (3)\nz = a < (b < c) < d != e\n",
    "x = [a := 1, *b, (c := 2)]; y = {*a, b}; z = {**a, 'b': c, }; w = {a: b for c, d in e if f if g for h in i}\n",
    "f(x for x in y)\nf(a, *b, c=d, *e, **g, h=i)\nf(a := 1, (x for x in y),)\nf()()[a](*b)\n",
    "x = (a)\ny = ((a, b))\nz = ()\nw = (a,)\nv = (yield_), (*a, b)\n",
    "if a: b; c;\nelif (d): e\nelse:\n  f\n\n\n    # comment\n  g\nwhile x := y: pass\nelse: z\n",
    "if a:\n\tb\n\tif c:\n\t\td\n\\\n\ne = 1 + \\\n  2\n",
    "x = 1if y else 2\nz = 0x1for x in y\n",
    "é = ª = 'ü' + ﬁ\nx = 'ñ' + f'ö{é}ß' + y\n",
    "class A: pass\nclass B(): x = 1; y = 2\n\x0cclass C: ...\n",
]


def without_bytes(tree: ast.AST, source: str) -> ast.AST:
    """CPython's tree with columns that count characters. Before 3.12, places inside f-strings mean nothing: 0."""
    lines = source.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and sys.version_info < (3, 12):
            _forget_places(node)
        if not source.isascii() and getattr(node, "lineno", 0):
            for line, column in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
                text = lines[getattr(node, line) - 1].encode()[: getattr(node, column)]
                setattr(node, column, len(text.decode()))
    return tree


def _forget_places(node: ast.JoinedStr) -> None:
    for part in ast.walk(node):
        if part is not node and hasattr(part, "lineno"):
            part.lineno = part.col_offset = part.end_lineno = part.end_col_offset = 0  # type: ignore[attr-defined]


def our_tree(source: str) -> ast.AST:
    tree = parse_python(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and sys.version_info < (3, 12):
            _forget_places(node)
    return tree


def differences(ours: object, theirs: object, path: str = "") -> Iterator[str]:
    """Where two trees differ, in fields or places."""
    waiting = [(ours, theirs, path)]
    while waiting:
        a, b, path = waiting.pop()
        if isinstance(a, ast.AST) and isinstance(b, ast.AST):
            if type(a) is not type(b):
                yield f"{path}: {ast.dump(a)} is not {ast.dump(b)}"
                continue
            names = (*a._fields, *(name for name in a._attributes if name != "type_comment"))
            waiting += [(getattr(a, n, None), getattr(b, n, None), f"{path}.{n}") for n in names]
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            waiting += [(x, y, f"{path}[{i}]") for i, (x, y) in enumerate(zip(a, b))]
        elif repr(a) != repr(b):
            yield f"{path}: {a!r} is not {b!r}"


def assert_same(source: str, name: str = "") -> None:
    theirs = without_bytes(ast.parse(source), source)
    assert list(differences(our_tree(source), theirs)) == [], name


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples(source: str) -> None:
    try:
        ast.parse(source)
    except SyntaxError:
        assert sys.version_info < (3, 12) and "f'{f" in source  # quotes inside quotes: Python 3.12
        parse_python(source)
        return
    assert_same(source)
    assert_same(source.removesuffix("\n"))


@pytest.mark.parametrize("room", ROOMS)
def test_own_files(room: str) -> None:
    """Every Python file of the project."""
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        assert_same(path.read_text(encoding="utf-8"), str(path))


def test_standard_library() -> None:
    """The small files of Python's own library."""
    files = sorted(Path(os.__file__).parent.rglob("*.py"))
    small = [path for path in files if path.stat().st_size < SMALL and "site-packages" not in path.parts]
    assert len(small) > 100
    for path in small:
        try:
            source = path.read_text(encoding="utf-8").replace("\r", "")
            ast.parse(source)
        except (SyntaxError, ValueError):
            continue  # files that test Python's own errors
        if "[T" not in source and "type " not in source:
            assert_same(source, str(path))


NAMES = st.sampled_from(["a", "b", "match", "case", "_", "é", "print", "type"])
NUMBERS = st.sampled_from(["0", "1_0", "0x1F", "1.5", "2j", "1e3", ".5"])
TEXTS = st.sampled_from(["'s'", "\"t\" 'u'", "b'v'", "r'\\w'", "'''x\ny'''"])


def joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The pattern with the parts at its `#`s."""

    def fill(values: tuple[str, ...]) -> str:
        pieces = pattern.split("#")
        return pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:]))

    return st.tuples(*parts).map(fill)


def larger(e: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones."""
    operator = st.sampled_from("+ - * / // % @ ** << >> & | ^ < <= == != in is and or".split() + ["not in", "is not"])
    wrapped = joined("(#)", e)
    return st.one_of(
        joined("# # #", wrapped, operator, wrapped),
        joined("# # # # #", NAMES, operator, NUMBERS, operator, NAMES),
        joined("#(#)", st.sampled_from(["not ", "-", "+", "~", "- -", "not not "]), e),
        joined("# if # else #", wrapped, wrapped, wrapped),
        joined("#[#:#:#]", NAMES, wrapped, wrapped, e),
        joined("#[#, ...]", NAMES, wrapped),
        joined("#(#, *#, #=#, **#)", NAMES, wrapped, wrapped, NAMES, e, NAMES),
        joined("(#).#", e, NAMES),
        joined("[#, *#]", wrapped, NAMES),
        joined("{#: #, **#}", wrapped, e, NAMES),
        joined("(#,)", e),
        joined("[# for #, # in # if #]", e, NAMES, NAMES, wrapped, wrapped),
        joined("{#: # for # in # for # in #}", wrapped, wrapped, NAMES, NAMES, NAMES, wrapped),
        joined("(# for # in #)", e, NAMES, wrapped),
        joined("(lambda #, *, #=#: #)", NAMES, st.just("z"), wrapped, e),
        joined("(# := #)", NAMES, e),
        joined("f'a{#!r:{#}}{{'", NAMES, NAMES),
        joined('f"{#[0] =}" f"""b{(#)}"""', NAMES, NAMES),
    )


EXPRESSIONS = st.recursive(NAMES | NUMBERS | TEXTS, larger, max_leaves=12)


@given(EXPRESSIONS)
@settings(max_examples=200, deadline=None)
def test_expressions(text: str) -> None:
    assert_same(f"x = {text}\n")


@given(st.sampled_from(EXAMPLES), st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_text(source: str, data: st.DataObject) -> None:
    """Anything gives a tree or one error, and what CPython compiles gives its tree."""
    place = data.draw(st.integers(0, len(source)))
    length = data.draw(st.integers(0, 3))
    added = data.draw(
        st.sampled_from(["", " ", "\n", "(", ")", "'", '"', "{", "}", ":", "=", "*", "\\", "1", "x", "!"])
    )
    text = source[:place] + added + source[place + length :]
    try:
        compile(text, "damaged.py", "exec")
    except (SyntaxError, ValueError):
        try:
            parse_python(text)
        except SourceError as error:
            assert error.message and error.span.line <= text.count("\n") + 2
        return
    assert_same(text)


# The place is marked by a ¿ in front of it; the rest are parts of the message and of the hint.
REFUSED = [
    ("class A:\n    x = ¿f(1) = 2", "cannot be assigned", "name"),
    ("class A: pass\n¿1 += 2", "cannot be assigned", ""),
    ("try: pass\nexcept: pass\n¿a, b += 1", "single target", ""),
    ("del a, ¿f()", "cannot be deleted", ""),
    ("¿*a = b", "starred target", "`*a, = …`"),
    ("x = (¿*a)", "starred", "comma"),
    ("f(a=1, ¿b)", "by name", "before"),
    ("f(**a, ¿*b)", "by name", ""),
    ("f(¿x for x in y, 1)", "generator", "parentheses"),
    ("def f(a=1, ¿b): pass", "default", "last"),
    ("def f(**k, ¿a): pass", "after `**`", ""),
    ("def f(¿*): pass", "after `*`", "name"),
    ("lambda *a, ¿*b: 1", "second `*`", ""),
    ("class A¿\n    pass", "`:` is missing", ""),
    ("class A:\n¿x = 1", "block is missing", "pass"),
    ("x = {1: 2¿", "", ""),
    ("x = ¿{1: 2", "never closed", "close"),
    ("x = ¿'abc\ny = 1", "never closed", ""),
    ("x = ¿f'abc{y}\n", "never closed", ""),
    ("x = f'a¿}'", "single `}`", "}}"),
    ("x = f'¿{a'", "without its `}`", "{{"),
    ("x = f'{¿}'", "empty braces", ""),
    ("x = f'{a¿!q}'", "no conversion", ""),
    ("x = f'{a ¿b}'", "`b` does not fit", ""),
    ("x = ¿012", "begin with 0", "0o"),
    ("x = ¿1abc", "neither", ""),
    ("x = '¿\\x1'", "not complete", ""),
    ("x = '''\n ¿\\N{no}'''", "no character", ""),
    ("x = ¿'a' b'b'", "bytes and strings", ""),
    ("x = b'¿é'", "ASCII", ""),
    ("x = ¿q'a'", "prefix", ""),
    ("try: pass\n¿x = 1", "does not fit", ""),
    ("try: pass\n¿except: pass\nexcept A: pass", "before another", "last"),
    ("if x:\n    y\n¿  z", "like no line", ""),
    ("if x:\n\ty\n¿        z", "tabs", ""),
    ("  ¿x = 1", "", ""),
    ("match x:\n    case ¿f'a': pass", "pattern", ""),
    ("match x:\n    case a as ¿_: pass", "no name", ""),
    ("print ¿'a'", "does not fit", "print(…)"),
    ("x = a ¿b", "does not fit", "missing"),
    ("x = a <¿> b", "`<>`", "`!=`"),
    ("x = 1 ¿? 2", "no meaning", ""),
    ("x = ¿!y", "`!`", "not"),
]


@pytest.mark.parametrize(("marked", "message", "hint"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(marked: str, message: str, hint: str) -> None:
    before, after = marked.split("¿")
    with pytest.raises(SyntaxError):
        compile(before + after, "some.py", "exec")
    with pytest.raises(SourceError) as caught:
        parse_python(before + after, "some.py")
    error = caught.value
    if message:
        place = before.count("\n") + 1, len(before.rsplit("\n", 1)[-1]) + 1
        assert message in error.message
        assert hint in error.hint
        assert (error.span.line, error.span.column) == place, error.render()


def test_deep_and_long() -> None:
    """What is nested deeply or long is no problem for the parser."""
    deep = parse_python("x = " + "(" * 1000 + "1" + ")" * 1000)
    assert isinstance(deep.body[0], ast.Assign) and isinstance(deep.body[0].value, ast.Constant)
    parse_python("x = " + "[" * 1000 + "]" * 1000)
    parse_python("x = " + "+".join(["1"] * 10_000))
    begun = time.monotonic()
    long = parse_python("".join(f"def f{i}(a, b=1):\n    return [a + {i}, *b][0]\n" for i in range(5000)))
    assert len(long.body) == 5000
    assert time.monotonic() - begun < 60
    text = parse_python(f"x = '{'a' * 1_000_000}'").body[0]
    assert isinstance(text, ast.Assign)
    with pytest.raises(SourceError, match="digits"):
        parse_python("x = " + "1" * 1_000_000)
