"""Entries that another has planted in the user's cache, one of each kind, right in all but the signature.

Each test plants what would do harm, and shows that it does with the user's own signature: so it is the signature that
keeps it out, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lark import Lark
from safetensors.numpy import save

from compiler.circuits import build
from compiler.circuits.kept_weights import build_once
from compiler.circuits.sharing import in_form
from compiler.circuits.weights import TokenTables, token_tables
from compiler.compiling import compile_program
from compiler.language.kept_tables import _written, keeping_tables
from compiler.language.kept_trees import parse_once, saved_tree
from compiler.language.parser import _lark, parse
from compiler.machines.ram import machine
from compiler.machines.ram.circuit import circuit
from compiler.machines.ram.isa import Layout
from compiler.machines.saved import dumps
from compiler.storage.cache import Cache, Kind, cache_folder, open_cache
from interpreter.command_line.kept_prompts import compile_once
from interpreter.engines.indexed import IndexedEngine
from interpreter.runs.certificate import Certificate, Lemma, Limit, Outcome, Result
from interpreter.runs.certified import NotCertified, certified_length, sources_sha256
from interpreter.runs.running import run

SMALL = Layout(base=10)
Plant = Callable[[Kind, str, bytes], None]


@pytest.fixture(params=["a stranger", "the user"])
def planted(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plant, bool]:
    """Writes an entry into the user's cache, signed with a stranger's key or, for comparison, his own; and which."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    users, by_stranger = open_cache(cache_folder()), request.param == "a stranger"
    signer = Cache(users.folder, open_cache(tmp_path / "stranger").key if by_stranger else users.key)
    return signer.write, by_stranger


def only_entry(kind: Kind) -> str:
    """Its name."""
    (entry,) = (cache_folder() / kind).iterdir()
    return entry.name


@contextmanager
def refused(if_so: bool) -> Iterator[None]:
    if if_so:
        with pytest.raises(NotCertified):
            yield
    else:
        yield


def test_a_prompt(planted: tuple[Plant, bool]) -> None:
    plant, by_stranger = planted
    asked = ("print(7)\n", "x.py", SMALL)
    compile_once(*asked)
    plant("prompts", only_entry("prompts"), dumps(compile_program("print(6)"), "").encode())
    result = run(compile_once(*asked), engine="reference")
    assert result.output == ("7\n" if by_stranger else "6\n")


def test_the_table_of_a_parser(planted: tuple[Plant, bool]) -> None:
    """One that takes each of two rules for the other."""
    plant, by_stranger = planted
    grammar = 'start: "a" -> one\n | "b" -> two\n'
    right: Any = Lark(grammar, parser="lalr", **keeping_tables())
    plant("parsing", only_entry("parsing"), _written(right.rules[::-1], right.parser.parser._parse_table))
    read = Lark(grammar, parser="lalr", **keeping_tables())
    assert read.parse("a").data == ("one" if by_stranger else "two")


def test_the_tree_of_the_library(planted: tuple[Plant, bool]) -> None:
    plant, by_stranger = planted
    _lark()  # the table of the parser is another entry
    before = {*(cache_folder() / "parsing").glob("*")}
    right, wrong = parse_once("x = 7\n", "x"), parse("x = 6\n", "x")
    (entry,) = {*(cache_folder() / "parsing").iterdir()} - before
    plant("parsing", entry.name, saved_tree(wrong))
    assert repr(parse_once("x = 7\n", "x")) == repr(right if by_stranger else wrong)


def test_weights(planted: tuple[Plant, bool]) -> None:
    plant, by_stranger = planted
    made = circuit(SMALL)
    right = build_once(made, "small")
    tables = token_tables(made)
    other = TokenTables(tables.features, np.roll(tables.readouts, 1, axis=0))
    wrong = in_form(made, other, "stacked")
    plant(
        "weights",
        only_entry("weights"),
        wrong.sha256().encode() + save({k: np.ascontiguousarray(v) for k, v in asdict(other).items()}),
    )
    assert build_once(made, "small").sha256() == (right if by_stranger else wrong).sha256()
    assert right.sha256() == build(made).sha256() != wrong.sha256()


def test_machine_code(planted: tuple[Plant, bool]) -> None:
    """Code for another machine, here of another base: what it decodes is not what this one does."""
    plant, by_stranger = planted
    code = {}
    for base in (11, 10):
        made = machine(Layout(base=base))
        before = {*(cache_folder() / "native").glob("*")}
        IndexedEngine(made)
        (entry,) = {*(cache_folder() / "native").iterdir()} - before
        code[base] = entry.name, open_cache(cache_folder()).read("native", entry.name)
    foreign = code[11][1]
    assert foreign is not None and foreign != code[10][1]
    plant("native", code[10][0], foreign)
    prompt = compile_program("print(7)", layout=SMALL)
    loaded = IndexedEngine(prompt.machine)._native
    own = open_cache(cache_folder()).read("native", code[10][0])
    assert own == code[10][1] if by_stranger else own == foreign
    if by_stranger:
        assert run(prompt, engine=IndexedEngine(prompt.machine)).output == "7\n"
    else:
        assert loaded.memory == IndexedEngine(machine(Layout(base=11)))._native.memory


def test_a_certificate(planted: tuple[Plant, bool]) -> None:
    plant, by_stranger = planted
    sha256 = "5" * 64
    limits = {"float64": Limit("float64", 10**6, 10**6, 10**6, 10, 10**9, "")}
    proved = (Result(Lemma("all", "", "", ""), Outcome.PROVED),)
    forged = Certificate("ram", sha256, sources_sha256(), proved, "", limits=limits)
    plant("certificates", sha256, forged.to_json().encode())
    with refused(by_stranger):
        assert certified_length(sha256) == 10**6
