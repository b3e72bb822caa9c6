"""What parsing needs and is kept between runs: it is what would be made anew, or it is made anew."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lark import Lark

from compiler.language import kept_tables, kept_trees, parser
from compiler.language.kept_tables import keeping_tables
from compiler.language.kept_trees import opened_tree, parse_once, saved_tree
from compiler.language.parser import parse
from compiler.language.python import parsing
from compiler.language.syntax import Node
from compiler.storage.cache import cache_folder, open_cache

ROOT = Path(__file__).resolve().parents[2]
SMALL = 'start: "a" -> one\n | "b" start -> two\n'
EVERY_CONSTRUCT = """\
def f(x, y=2):
    global z
    z = x if x and not y else -x ** 2
    return x, y
a, b = f(1)
t = [[i, 1 << 80] for i in range(3) if i > 0]
t[0][1] += a
for c in "xyz":
    if c == "y":
        continue
    elif c in "z":
        break
    else:
        pass
else:
    print(f"{c}!{a}", "é", sep="", end=";")
while 0 < b <= 3:
    b -= 1
assert True, "no"
t.append([len(t[1:]), 2])
print(list(map(int, input().split())), t[::-1])
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where entries go, of a cache that has none yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_folder() / "parsing"


def table_of(lark: Lark) -> Any:
    return lark.parser.parser._parse_table


@pytest.mark.parametrize("lark", [parser._lark, parsing._lark], ids=["small", "python"])
def test_a_table_is_read_as_it_was_written(lark: Any) -> None:
    rules, table = lark().rules, table_of(lark())
    again: Any = kept_tables._table(rules, kept_tables._written(rules, table))
    assert again.states == table.states
    assert (again.start_states, again.end_states) == (table.start_states, table.end_states)


def test_a_kept_table_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Lark(SMALL, parser="lalr", **keeping_tables())
    (entry,) = folder.iterdir()
    monkeypatch.setattr("lark.parsers.lalr_parser.LALR_Analyzer.compute_lalr", made_anew)
    read = Lark(SMALL, parser="lalr", **keeping_tables())
    assert table_of(read).states == table_of(made).states
    assert read.parse("bba") == made.parse("bba")
    for other in (SMALL.replace('"b" start', '"b" "b" start'), SMALL.replace('"a"', '"c"')):
        with pytest.raises(MadeAnew):
            Lark(other, parser="lalr", **keeping_tables())
    entry.write_bytes(entry.read_bytes()[:-1])
    with pytest.raises(MadeAnew):
        Lark(SMALL, parser="lalr", **keeping_tables())


class MadeAnew(Exception):
    """Raised where something is not read from the cache."""


def made_anew(*_: object, **__: object) -> None:
    raise MadeAnew


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"states":[],"starts":{"start":0},"ends":{}}',
        b'{"states":[{"A":1}],"starts":{},"ends":{}}',
        b'{"states":[{"A":-3}],"starts":{},"ends":{}}',
        b'{"states":[{"A":0.5}],"starts":{},"ends":{}}',
        b'{"states":[{"A":0}],"starts":{},"ends":{},"more":1}',
    ],
)
def test_what_is_no_table_of_these_rules(content: bytes) -> None:
    rules = Lark(SMALL, parser="lalr").rules
    assert len(rules) == 2
    assert kept_tables._table(rules, content) is None


def nodes(part: object) -> Iterator[Node]:
    """A node, or those in a tuple, with all below."""
    if isinstance(part, tuple):
        for item in part:
            yield from nodes(item)
    elif isinstance(part, Node):
        yield part
        for field in dataclasses.fields(part):
            yield from nodes(getattr(part, field.name))


@pytest.mark.parametrize("source", ["", EVERY_CONSTRUCT])
def test_a_tree_is_read_as_it_was_written(source: str) -> None:
    tree = parse(source, "x.py")
    again = opened_tree(saved_tree(tree))
    assert repr(again) == repr(tree)
    # Nodes are told apart by identity: one that stands in two places would be two afterwards.
    assert len({id(node) for node in nodes(tree)}) == len([*nodes(tree)])


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b'["Name",1,1,1,2,"x"]', b'["Module",1]', b'["If",1,1,1,1]'])
def test_what_is_no_tree(content: bytes) -> None:
    assert opened_tree(content) is None


def test_a_kept_tree_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = parse_once("x = 1\n", "x")
    (entry,) = folder.iterdir()
    monkeypatch.setattr(kept_trees, "parse", made_anew)
    assert repr(parse_once("x = 1\n", "x")) == repr(tree)
    for asked in (("x = 2\n", "x"), ("x = 1\n", "y")):
        with pytest.raises(MadeAnew):
            parse_once(*asked)
    with monkeypatch.context() as patched, pytest.raises(MadeAnew):
        patched.setattr(sys, "version", "4.0")
        parse_once("x = 1\n", "x")
    open_cache(cache_folder()).write("parsing", entry.name, b"[]")
    with pytest.raises(MadeAnew):
        parse_once("x = 1\n", "x")


PROMPTS = """
import hashlib, sys
from compiler.compiling import compile_program
from compiler.language.errors import SourceError
from compiler.machines.saved import dumps
for source in sys.stdin.read().split("\\0"):
    try:
        print(hashlib.sha256(dumps(compile_program(source, "x.py"), "").encode()).hexdigest())
    except SourceError as error:
        print(error.render())
"""


def test_prompts_and_messages_are_the_same(folder: Path) -> None:
    """Of a process that makes all anew, and of one that finds it kept."""
    plain = (ROOT / "programs" / "palindromes.py").read_text(encoding="utf-8")
    tagged = "class A:\n    pass\ntry:\n    print({1: A()}[int(input())])\nexcept KeyError as e:\n    print(f'{e!r}')\n"
    refused = "x = [1, None\nfor in x:\n  print(x y)\nimport socket\n"

    def said() -> str:
        process = subprocess.run(
            [sys.executable, "-c", PROMPTS],
            input="\0".join([plain, tagged, refused]),
            capture_output=True,
            encoding="utf-8",
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        return process.stdout + process.stderr

    anew = said()
    assert len([*folder.iterdir()]) == 4  # two tables, and the library with tags and without
    assert said() == anew
    assert "x.py:2" in anew
