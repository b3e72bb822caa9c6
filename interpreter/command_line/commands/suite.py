"""`punchtape suite`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.machines.constructions import construction
from interpreter.command_line.commands.options import engine_option
from interpreter.command_line.exits import BUDGET, ERROR, INTERRUPTED, fail
from interpreter.command_line.files import read_file
from interpreter.command_line.machines import set_up
from interpreter.engines import UnknownEngine


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--max-tokens", type=click.IntRange(min=1), default=50_000_000, show_default=True, metavar="N")
@click.option(
    "--max-seconds", type=click.FloatRange(min=0), default=60.0, show_default=True, metavar="S", help="For a task."
)
@click.option(
    "--at-least", type=click.FloatRange(0, 100), default=0.0, metavar="PERCENT", help="Fail where fewer are equal."
)
@engine_option
def suite(files: tuple[str, ...], max_tokens: int, max_seconds: float, at_least: float, engine: str) -> None:
    """Run data sets of programs on the transformer, and count how many print what the data says.

    FILE is a data set that you have downloaded, a JSON object a line: CRUXEval (code, input, output) or HumanEval
    (prompt, canonical_solution, test, entry_point), as they were published. The programs in it are compiled into
    prompts and run by the transformer; Python carries out none of them, and nothing else is read.

    \b
    punchtape suite cruxeval.jsonl HumanEval.jsonl
    punchtape suite cruxeval.jsonl --at-least 95

    Exit status: 0 every task is equal or refused; 1 one is wrong or crashed, or fewer are equal than --at-least; 2
    usage, or a file is no such data set; 3 a task is over its budget; 130 Ctrl-C, after a report of the tasks so far.
    """
    from interpreter.command_line.terminal import CountLine
    from interpreter.runs.suite import Outcome, SuiteError, carry_out, percentage, read_tasks, report

    tasks = {}
    for file in files:
        try:
            tasks[file] = read_tasks(read_file(file))
        except SuiteError as problem:
            fail(f"{file}: {problem}")
    try:
        decoder = set_up(engine, construction("ram").machine())
    except UnknownEngine as problem:
        fail(f"error: {problem}")
    progress = CountLine("tasks", sum(map(len, tasks.values())))
    progress.update(0)  # the first one waits for what is kept between runs
    outcomes: dict[str, list[Outcome]] = {file: [] for file in files}
    status = 0
    try:
        for file in files:
            for task in tasks[file]:
                outcomes[file].append(carry_out(task, decoder, max_tokens, max_seconds))
                progress.update(1)
    except KeyboardInterrupt:
        status = INTERRUPTED
    progress.clear()
    click.echo(report({Path(file).stem: done for file, done in outcomes.items() if done}), nl=False)
    found = {outcome.how for done in outcomes.values() for outcome in done}
    if found & {"wrong", "crashed"} or any(percentage(done) < at_least for done in outcomes.values() if done):
        status = status or ERROR
    elif "over budget" in found:
        status = status or BUDGET
    sys.exit(status)
