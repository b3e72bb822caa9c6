"""Each entry of the cache is another one where anything is different that it depends on besides what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import llvmlite
import numpy as np
import pytest
from lark import Lark

from compiler.circuits import kept_weights
from compiler.language import kept_tables, kept_trees
from compiler.machines.ram import Layout
from compiler.machines.ram.circuit import circuit
from compiler.storage import cache
from compiler.storage.cache import cache_folder, open_cache
from interpreter.command_line import kept_prompts
from interpreter.engines import machine_code
from interpreter.engines.indexed import native
from tests.engines import echo_machine

SMALL = Layout(base=10)
CODE = "define i64 @seven() {\n  ret i64 7\n}\n"
HOST = machine_code.host()


def weights() -> None:
    kept_weights.build_once(circuit(SMALL), "small")


def prompt() -> None:
    kept_prompts.compile_once("print(1)\n", "x.py", SMALL)


def tree() -> None:
    kept_trees.parse_once("x = 1\n", "x")


def table() -> None:
    Lark('start: "a" start | "a"\n', parser="lalr", **kept_tables.keeping_tables())


def engine(optimised: bool = True) -> None:
    native.load(echo_machine.machine().weights, echo_machine.machine().halting, keep=True, optimised=optimised)


def code() -> None:
    machine_code.host().kept_code(CODE)


def other(*_: object) -> str:
    return "other"


@pytest.mark.parametrize(
    ("make", "place", "name", "value"),
    [
        (weights, kept_weights, "sources_digest", other),
        (weights, np, "__version__", "1"),
        (prompt, kept_prompts, "sources_digest", other),
        (prompt, kept_prompts, "version", other),
        (tree, kept_trees, "sources_digest", other),
        (tree, kept_trees.lark, "__version__", "1"),
        (table, kept_tables, "sources_digest", other),
        (table, kept_tables.lark, "__version__", "1"),
        (engine, native, "sources_digest", other),
        (engine, machine_code, "sources_digest", other),
        (engine, np, "__version__", "1"),
        (engine, llvmlite, "__version__", "1"),
        (engine, native, "host", lambda: replace(HOST, features="")),
        (code, machine_code, "sources_digest", other),
        (code, llvmlite, "__version__", "1"),
        (code, machine_code, "host", lambda: replace(HOST, features="")),
        (code, machine_code, "host", lambda: replace(HOST, processor="")),
        *((make, cache.sys, "version", "4.0") for make in (weights, prompt, tree, table, engine, code)),
    ],
)
def test_what_an_entry_depends_on(
    make: Callable[[], None], place: Any, name: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    make()
    entries = names()
    make()
    assert names() == entries
    monkeypatch.setattr(place, name, value)
    make()
    assert len(names()) > len(entries)


def test_code_that_is_not_optimised_is_another_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine(optimised=False)
    engine()
    assert len(names()) == 2


def names() -> set[str]:
    return {entry.name for entry in open_cache(cache_folder()).entries()}
