"""A prompt that is kept is the prompt that compiling makes, for the same text, name, machine, compiler and Python."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from compiler import compile_program, compiling
from compiler.language.errors import SourceError
from compiler.machines.ram import Layout
from compiler.machines.saved import dumps
from compiler.storage.cache import cache_folder, open_cache, sources_digest
from interpreter.command_line.kept_prompts import compile_once

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "untagged": (ROOT / "programs" / "palindromes.py").read_text(encoding="utf-8"),
    "reads": "n = int(input())\nprint(n // (n - 7), 10 ** 40)\n",
    "ends in an error": "def f(x):\n    return [x][x]\nf(3)\n",
    "tagged": "x = {'é': None, 2: -(10 ** 30)}\nprint(x)\n",
    "raises": "class E(Exception):\n    pass\ntry:\n    raise E('\\u2028', input())\nfinally:\n    print(1.5)\n",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class CompiledAnew(Exception):
    """Raised where a prompt is not read from the cache."""


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """To compile; what was compiled before is in the cache."""
    compile_once("print(1)\n", "x.py", Layout())

    def anew(*_: object) -> None:
        raise CompiledAnew

    monkeypatch.setattr(compiling, "compile_program", anew)
    return monkeypatch


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_same_prompt(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = compile_once(source, "x.py", Layout())
    monkeypatch.setattr(compiling, "compile_program", None)
    read = compile_once(source, "x.py", Layout())
    assert read is not made and read == made
    assert np.array_equal(read.numbers, made.numbers)
    given = made.with_input("12\n"), read.with_input("12\n")
    assert np.array_equal(given[0].numbers, given[1].numbers)


def test_what_was_compiled_is_not_compiled_again(forbidden: pytest.MonkeyPatch) -> None:
    compile_once("print(1)\n", "x.py", Layout())
    others = (
        ("print(2)\n", "x.py", Layout()),
        ("print(1)\n", "y.py", Layout()),
        ("print(1)\n", "x.py", Layout(base=100)),
    )
    for other in others:
        with pytest.raises(CompiledAnew):
            compile_once(*other)


def test_another_python_compiles_again(forbidden: pytest.MonkeyPatch) -> None:
    """Messages are those of the CPython that compiles."""
    forbidden.setattr(sys, "version", sys.version.replace("3.", "4."))
    with pytest.raises(CompiledAnew):
        compile_once("print(1)\n", "x.py", Layout())


def test_a_prompt_that_is_signed_and_is_none(forbidden: pytest.MonkeyPatch) -> None:
    """As one that an earlier version of the file format wrote."""
    (entry,) = (cache_folder() / "prompts").iterdir()
    for content in (b"", b"{}", b"\xff", b'{"format": "punchtape prompt", "version": 2}'):
        open_cache(cache_folder()).write("prompts", entry.name, content)
        with pytest.raises(CompiledAnew):
            compile_once("print(1)\n", "x.py", Layout())


def test_what_is_refused_is_refused_again() -> None:
    said = []
    for _ in range(2):
        with pytest.raises(SourceError) as error:
            compile_once("x = 1\nprint(x y)\n", "x.py", Layout())
        said.append(error.value.render())
    assert said[0] == said[1] and "x.py:2" in said[0]
    assert not (cache_folder() / "prompts").exists()


def test_a_digest_changes_with_each_file_that_counts(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.py").write_text("1")
    digests = {sources_digest(folder)}
    for name, text in [("a.py", "2"), ("inner/b.lark", "1"), ("inner/c.txt", ""), ("a.py", "23"), ("d.py", "")]:
        (folder / name).write_text(text)
        digests.add(sources_digest(folder))
    assert len(digests) == 6
    (folder / "e.pyc").write_text("1")
    assert sources_digest(folder) in digests


@pytest.mark.parametrize("begins", ["", "d = {}\n"], ids=["untagged", "tagged"])
def test_a_very_long_line_is_kept_once(begins: str) -> None:
    """And not with each of its instructions: then what is kept grows with the square."""
    sizes = [len(dumps(compile_program(f"{begins}print({' and '.join(['1'] * n)})\n"), "")) for n in (1000, 2000)]
    assert sizes[1] < 2.2 * sizes[0]
