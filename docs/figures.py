"""The numbers of the pages that are counted from the weights: written to `figures.json`, and put into the pages.

    python docs/figures.py        # counts again and writes docs/figures.json

A page says `{{ ram.stacked.non_zeros }}`; MkDocs calls `on_page_markdown`. A name that is not there fails the build.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("figures.json")


def counted() -> dict[str, dict[str, dict[str, Any]]]:
    """By machine and form, what `interpreter.model.facts` counts of its weights."""
    from compiler.circuits import FORMS
    from compiler.machines.constructions import CONSTRUCTIONS
    from interpreter.command_line.machines import machine_named
    from interpreter.model.facts import facts

    numbers: dict[str, dict[str, dict[str, Any]]] = {}
    for construction in CONSTRUCTIONS:
        numbers[construction.name] = {}
        for form in FORMS:
            weights = machine_named(construction.name, form=form).weights
            known = {**asdict(facts(weights)), "sha256": weights.sha256()}
            known |= {name: sum(known[name]) for name in ("heads", "neurons")}
            numbers[construction.name][form] = known
    return numbers


def filled(markdown: str, numbers: Any) -> str:
    """The text with every `{{ path.of.names }}` in place; integers get thousands separators.

    Raises:
        KeyError: there is no such number.
    """

    def value(match: re.Match[str]) -> str:
        found = numbers
        for name in match[1].split("."):
            found = found[name]
        return f"{found:,}" if isinstance(found, int) else str(found)

    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", value, markdown)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs' hook."""
    return filled(markdown, json.loads(FILE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    FILE.write_text(json.dumps(counted(), indent=1) + "\n", encoding="utf-8")
