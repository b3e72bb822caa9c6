"""`punchtape trace`."""

from __future__ import annotations

import click

from compiler.machines.machine import PromptError
from interpreter.command_line.commands.options import budget_option, engine_option, source_options
from interpreter.command_line.exits import fail
from interpreter.command_line.machines import set_up
from interpreter.command_line.sources import Source
from interpreter.command_line.specialised import open_any
from interpreter.engines import UnknownEngine
from interpreter.runs.stopping import Stop
from interpreter.traces.reading import reading


@click.command()
@source_options
@engine_option
@budget_option
def trace(source: Source, engine: str, max_tokens: int | None) -> None:
    """Print the chain of thought: each instruction, where it comes from, and the tokens that it emitted.

    \b
    punchtape trace programs/gcd.py --input '12 18'
    punchtape trace programs/collatz.py --input 7 | less
    """
    prompt = open_any(source)
    stop = Stop()
    try:
        lines = reading(prompt).chain_of_thought(prompt, set_up(engine, prompt.machine), max_tokens)
        with stop.on_signals():
            for line in lines:
                click.echo(line)
                if stop():
                    fail(str(stop.reason), stop.status)
    except (PromptError, UnknownEngine) as problem:
        fail(f"{source.file}: error: {problem}")
