"""`punchtape experiment NAME`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from compiler.machines.ram.prompt import Prompt
from interpreter.command_line.commands.options import with_version
from interpreter.command_line.exits import BUDGET, INTERRUPTED, UNWRITTEN, fail, needs
from interpreter.command_line.files import located, with_input
from interpreter.command_line.sources import Source, open_prompt
from interpreter.experiments import NAMES, experiment
from interpreter.experiments.experiment import CannotMeasure, Experiment, NoEnd, Setting, Size


class Experiments(click.Group):
    """One command an experiment, made of the sizes that it declares; only the one that is asked for is imported."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of the experiments, in the order of the documentation."""
        return list(NAMES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of one experiment; ends the process with status 2 without it or its packages."""
        if name not in NAMES:
            fail(f"error: there is no experiment {name!r}; choose one of: {', '.join(NAMES)}")
        try:
            return with_version(command_of(experiment(name)))
        except ImportError as problem:
            fail(needs("experiments", f"`punchtape experiment {name}`", problem))

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, which imports no experiment."""
        with formatter.section("Experiments"):
            formatter.write_dl(list(NAMES.items()))


@click.group("experiment", cls=Experiments)
def experiment_command() -> None:
    """Measure what is reported of looped and deep models; each writes a table, a plot and three sentences.

    \b
    punchtape experiment depth
    punchtape experiment depth --hops 1000 --out results
    """


def command_of(subject: Experiment[Any]) -> click.Command:
    """The command that runs one experiment."""

    def callback(out: Path, program: str | None = None, input_text: str | None = None, **sizes: int) -> None:
        given = {size.name: sizes[size.name.replace("-", "_")] for size in subject.sizes}
        prompt = ram_prompt(program, input_text) if program else None
        carry_out(subject, Setting(given, prompt, program or ""), out)

    options = [*map(option, subject.sizes), *(PROGRAM_OPTIONS if subject.takes_program else ()), OUT_OPTION]
    text = f"{subject.title[0].upper()}{subject.title[1:]}.\n\n{subject.after}"
    text += "\n\nExit status: 0 done; 2 usage; 3 a program did not end within its budget; 5 a file could not be"
    text += " written; 130 interrupted. After 3 and 130 the rows so far are written, as a partial result."
    return click.Command(subject.name, params=[*options], callback=callback, help=text)


PROGRAM_OPTIONS = (
    click.Option(["--program"], metavar="FILE", help="A program or saved prompt to measure instead."),
    click.Option(["--input", "input_text"], metavar="TEXT", help="Its input, instead of standard input."),
)
OUT_OPTION = click.Option(
    ["--out"],
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("experiments"),
    show_default=True,
    help="The folder that the files go to.",
)


def ram_prompt(file: str, input_text: str | None) -> Prompt:
    """The prompt of a program to be measured, with its input; ends the process with status 2 if not for the RAM."""
    prompt = with_input(open_prompt(Source(located(file))), input_text, file)
    if not isinstance(prompt, Prompt):
        fail(f"{file}: error: experiments are about the ram machine, this is for the {prompt.machine.name} machine")
    return prompt


def option(size: Size) -> click.Option:
    """The option for a size, which refuses what is out of its range."""
    allowed = click.IntRange(size.low, size.high)
    return click.Option([f"--{size.name}"], type=allowed, default=size.default, show_default=True, help=size.meaning)


def carry_out(subject: Experiment[Any], setting: Setting, out: Path) -> None:
    """Measures, prints and writes; ends the process with the status that `punchtape experiment` documents."""
    from interpreter.command_line.bar import Bar
    from interpreter.experiments.report import Report

    rows: list[Any] = []
    cut, status = "", 0
    with Bar() as bar:
        try:
            for row in subject.measure(setting, bar):
                rows.append(row)
        except CannotMeasure as problem:
            fail(f"error: {subject.name}: {problem}")
        except NoEnd as problem:
            cut, status = str(problem), BUDGET
        except KeyboardInterrupt:
            cut, status = "interrupted by Ctrl-C", INTERRUPTED
    report = Report(subject, setting, rows, cut)
    try:
        written = report.write(out)
    except OSError as problem:
        fail(f"{out}: error: cannot be written: {problem.strerror}", UNWRITTEN)
    if cut:
        click.echo(f"partial result: {cut}; {len(rows)} rows are in {written[0]}", err=True)
    else:
        click.echo(report.sentences())
        click.echo("written: " + " ".join(map(str, written)))
    sys.exit(status)
