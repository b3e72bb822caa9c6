"""Reads the tables: files of sections, each a heading after `===` and Python with holes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

Table = Mapping[str, tuple[str, ...]]
DEFINED = ("function", "generator", "class")


@dataclass
class Definition:
    """text: what is defined; offers: expressions by kind that use it; does: statements; errors: exceptions."""

    what: str
    text: str
    offers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    does: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """All that programs are made of; each table goes from a kind of value, or of statement, to its texts."""

    leaves: Table
    expressions: Table
    risky: Table
    statements: Table
    definitions: Mapping[str, tuple[Definition, ...]]


@cache
def tables() -> Tables:
    """The tables as they are in their files, read once."""
    found: dict[str, dict[str, tuple[str, ...]]] = {"leaves": {}, "risky": {}, "": {}}
    for heading, body in _sections("expressions"):
        group, _, kind = heading.rpartition(" ")
        found[group][kind] = tuple(body.split("\n"))
    statements = {
        heading: tuple(body.split("\n\n" if "$block" in body else "\n")) for heading, body in _sections("statements")
    }
    return Tables(found["leaves"], found[""], found["risky"], statements, _definitions())


def _definitions() -> dict[str, tuple[Definition, ...]]:
    definitions: list[Definition] = []
    for heading, body in _sections("definitions"):
        if heading in DEFINED:
            definitions.append(Definition(heading, body))
        elif heading == "does":
            definitions[-1].does = tuple(body.split("\n\n"))
        elif heading == "errors":
            definitions[-1].errors = tuple(body.split("\n"))
        else:
            definitions[-1].offers[heading] = tuple(body.split("\n"))
    return {what: tuple(d for d in definitions if d.what == what) for what in DEFINED}


def _sections(name: str) -> Iterator[tuple[str, str]]:
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for section in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        yield heading, body.strip("\n")
