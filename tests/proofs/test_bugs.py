"""A bug in a rule of the user's machine is never checked off: it is refuted, or the part is listed as untried."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import pytest

from compiler.machines.machine import Machine
from compiler.machines.own import load_machine
from proofs_check.bounded import bounded_step_claim, next_token_of
from proofs_check.lemma import Outcome, Result, settle

TEMPLATE = files("interpreter.command_line") / "template"
BUGS = {
    "a head one place too far": ("2 * steps + 1, position", "2 * steps + 2, position"),
    "a head that counts the wrong thing": ("share=end", "share=1 - end"),
    "a sum of one position less": ("relu(c.position + 1, share)", "relu(c.position, share)"),
    "a gate that is never closed": ("when(free, found, more)", "when(found, more)"),
    "a gate the other way round": ("when(free, 1 - more)", "when(free, more)"),
    "a token for another": ('int(token == f"{read}1")', 'int(token == "c1")'),
    "a rule that is missing": ("if not ends(before):", 'if not ends(before) and before != "c1":'),
    "a feature of the wrong tokens": ("int(token in RULES or ends(token))", "int(ends(token))"),
    "a value of another wire": ("position=c.position)\nmore", "position=c.parity)\nmore"),
}


def step_of(folder: Path, before: str, after: str) -> Result:
    """The step of the machine that `punchtape new` writes, with one change."""
    for name in ("specification.py", "machine.py"):
        text = (TEMPLATE / f"{name}.txt").read_text(encoding="utf-8").replace("NAME", "tag")
        if name == "machine.py":
            assert before in text
            text = text.replace(before, after)
        (folder / name).write_text(text, encoding="utf-8")
    machine: Machine[str] = load_machine(f"{folder / 'machine.py'}:machine")
    return settle(bounded_step_claim(machine, machine.weights, next_token_of(machine)))  # type: ignore[arg-type]


@pytest.mark.parametrize("bug", BUGS)
def test_bugs_are_found(bug: str, tmp_path: Path) -> None:
    found = step_of(tmp_path, *BUGS[bug])
    assert found.outcome is Outcome.REFUTED, found.note
    assert found.counterexample is not None and found.counterexample.expected != found.counterexample.found


def test_a_bug_where_no_trace_comes_to_is_listed(tmp_path: Path) -> None:
    late = 'c.logit(c.wire("late", when(c.position - 500)), lambda token: 9)\nmachine = Machine('
    found = step_of(tmp_path, "machine = Machine(", late)
    assert found.outcome is Outcome.CHECKED and found.unexercised == ("neuron 1 of layer 0",)
    assert "machine" not in sys.modules and "specification" not in sys.modules
