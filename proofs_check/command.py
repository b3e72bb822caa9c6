"""`punchtape check`: proves the lemmas about a machine's weights and prints the certificate."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from compiler.circuits import Form
from compiler.circuits.cache import write_aside
from compiler.machines.constructions import CONSTRUCTIONS
from compiler.machines.machine import Machine
from interpreter.command_line.commands.options import form_option, layout_options
from interpreter.command_line.exits import fail
from interpreter.command_line.files import write_file
from interpreter.command_line.machines import machine_named
from interpreter.runs.certified import certificate_path, sources_sha256
from proofs_check.bounded import NextToken, next_token_of
from proofs_check.certificate import Certificate, CertificateError, from_json
from proofs_check.check import check
from proofs_check.lemma import Result
from proofs_check.report import latex, limits, table

NOT_PROVED = 1
NAMES = "One of: " + ", ".join(construction.name for construction in CONSTRUCTIONS)


@click.command("check")
@click.option(
    "--machine", "name", default="ram", show_default=True, metavar="NAME|FILE:NAME", help=f"{NAMES}; or a machine of "
    "your own: a Python file and the name in it of a `Machine`, or of a function that makes one.",
)
@layout_options
@form_option
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it as JSON."
)
@click.option(
    "--latex",
    "latex_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as a section.",
)
@click.option("--every", is_flag=True, help="A row for every lemma, not one for each kind.")
@click.option("--again", is_flag=True, help="Prove it again, even if a certificate is kept.")
def command(
    name: str,
    base: int | None,
    groups: int | None,
    form: Form | None,
    json_file: Path | None,
    latex_file: Path | None,
    every: bool,
    again: bool,
) -> None:
    """Prove that the weights do what the machine's specification says; print lemmas, theorem and limits.

    The certificate is kept by the weights' SHA-256, and made anew when the proofs or the specification have
    changed; `punchtape run --certified` asks for it. Exit status 1 if a lemma is not proved.

    \b
    punchtape check
    punchtape check --base 10 --latex certificate.tex
    punchtape check --form looped
    punchtape check --machine my_machine.py:machine
    """
    if ".py:" in name:
        if base is not None or groups is not None or form is not None:
            fail("error: --base, --groups and --form are for the machines that come with punchtape; leave them out")
        subject = imported(name)
        certificate = proved(subject, next_token_of(subject))
    else:
        certificate = certificate_of(machine_named(name, base, groups, form), again)
    console = Console()
    console.print(table(certificate, every))
    if certificate.limits:
        console.print(limits(certificate))
    console.print(certificate.theorem)
    for file, text in ((json_file, certificate.to_json()), (latex_file, latex(certificate))):
        if file is not None:
            write_file(file, text)
    for result in certificate.open:
        click.echo(f"not proved: {result.lemma.name}: {result.counterexample or result.note}", err=True)
    sys.exit(0 if certificate.proved else NOT_PROVED)


def certificate_of(subject: Machine[Any], again: bool) -> Certificate:
    """The kept certificate of these weights by these proofs, or a new one, which is kept if every lemma is proved."""
    kept = certificate_path(subject.weights.sha256())
    if not again:
        try:
            certificate = from_json(kept.read_text(encoding="utf-8"))
            if certificate.sources_sha256 == sources_sha256():
                return certificate
        except (OSError, UnicodeDecodeError, CertificateError):
            pass
    certificate = proved(subject)
    if certificate.proved:
        write_aside(kept, certificate.to_json().encode())
    return certificate


def proved(subject: Machine[Any], next_token: NextToken | None = None) -> Certificate:
    """A new certificate; with a progress bar on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("lemmas", total=None)

        def step(done: int, total: int, result: Result) -> None:
            bar.update(task, completed=done, total=total, description=result.lemma.name[:40].ljust(40))

        return check(subject, step, next_token=next_token)


def imported(place: str) -> Machine[Any]:
    """The machine `FILE:NAME`; ends the process with status 2 where there is none. The file is run."""
    file, _, name = place.rpartition(":")
    if not Path(file).is_file():
        fail(f"{file}: error: there is no such file")
    try:
        found = runpy.run_path(file).get(name)
        subject = found if isinstance(found, Machine) or not callable(found) else found()
    except Exception as problem:
        fail(f"{file}: error: {type(problem).__name__}: {problem}")
    if not isinstance(subject, Machine):
        fail(f"{file}: error: `{name}` is no compiler.machines.machine.Machine, and no function that makes one")
    return subject
