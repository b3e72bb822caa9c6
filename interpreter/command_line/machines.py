"""The machine that the options of the command line name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler.circuits import Form
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine
from compiler.machines.own import MachineError
from compiler.machines.ram import Layout, machine
from interpreter.command_line.exits import fail
from interpreter.command_line.terminal import saying
from interpreter.engines import create
from interpreter.engines.engine import Engine


def layout_of(base: int | None, groups: int | None) -> Layout:
    """The layout that `--base` and `--groups` name; ends the process with status 2 where there is none."""
    default = Layout()
    try:
        return Layout(base if base is not None else default.base, groups if groups is not None else default.groups)
    except ValueError as problem:
        fail(f"error: {problem}")


def set_up(engine: str, machine: Machine[Any], seed: int | None = None) -> Engine:
    """`create`, which is told on a terminal: to make weights and machine code for the first time takes seconds."""
    with saying("setting up the transformer"):
        return create(engine, machine, seed)


def machine_named(
    name: str, base: int | None = None, groups: int | None = None, form: Form | None = None
) -> Machine[Any]:
    """The machine that the options of the command line name; ends the process with status 2 where there is none."""
    if name == "ram":
        return machine(layout_of(base, groups), form or "stacked")
    if base is not None or groups is not None:
        fail(f"error: --base and --groups are for the RAM, not for the {name} machine; leave them out")
    try:
        made = construction(name).machine()
        if form is None or form == made.form:
            return made
        made = replace(made, form=form)
        _ = made.weights
        return made
    except MachineError as problem:
        fail(str(problem))
    except ValueError as problem:
        fail(f"error: {problem}")
