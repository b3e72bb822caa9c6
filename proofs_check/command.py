"""`punchtape check`: proves the lemmas about a machine's weights and prints the certificate."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from compiler.circuits import Form
from compiler.machines.constructions import is_stored
from compiler.machines.machine import Machine
from compiler.machines.own import MachineError, is_place
from compiler.machines.specialised.stored import load
from interpreter.command_line.bar import Bar
from interpreter.command_line.commands.options import form_option, layout_options, machine_option
from interpreter.command_line.exits import INTERRUPTED, UNCOVERED, fail
from interpreter.command_line.files import write_file
from interpreter.command_line.machines import machine_named
from interpreter.runs.certificate import Certificate, CertificateError, from_json
from interpreter.runs.certified import keep_certificate, kept_certificate, sources_sha256
from proofs_check.bounded import NextToken, next_token_of
from proofs_check.check import Progress, check
from proofs_check.interruptible import interruptible
from proofs_check.lemma import Lemma, Outcome, Result
from proofs_check.report import latex, limits, table
from proofs_check.second_opinion import SecondOpinion
from proofs_check.specialised.certificate import certificate_of_specialised

NOT_PROVED = 1


@click.command("check")
@machine_option("ram")
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
@click.option("--recheck", is_flag=True, help="Prove it again, and ask every query to z3 again of cvc5.")
@click.option(
    "--smt2",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Prove it again, and write every query to z3 there, as SMT-LIB 2.",
)
def command(
    name: str,
    base: int | None,
    groups: int | None,
    form: Form | None,
    json_file: Path | None,
    latex_file: Path | None,
    every: bool,
    again: bool,
    recheck: bool,
    smt2: Path | None,
) -> None:
    """Prove that the weights do what the machine's specification says; print lemmas, theorem and limits.

    Of a file that `punchtape specialise` has written: that its transformer decodes what the universal one decodes. The
    certificate is kept by the weights' SHA-256, and made anew when the proofs or the specification have
    changed; `punchtape run --certified` asks for it. After Ctrl-C the next check goes on with the lemmas that are
    left.

    Exit status: 0 all lemmas are proved, or, about the steps of a machine of your own, checked on every short trace
    and on its `prompts`; 1 a lemma is refuted, or not proved; 4 what was checked left parts of your machine untried,
    which are listed; 130 interrupted.

    \b
    punchtape check
    punchtape check --base 10 --latex certificate.tex
    punchtape check --form looped
    punchtape check --base 10 --recheck --smt2 queries
    punchtape check --machine my_machine.py:machine
    punchtape check --machine gcd.safetensors
    """
    opinion = SecondOpinion(smt2, ask=int(recheck)) if recheck or smt2 else None
    begun = time.perf_counter()
    if is_stored(name):
        certificate = certificate_of_stored(name, opinion)
    elif is_place(name):
        subject = machine_named(name, base, groups, form)
        certificate = proved(subject, next_token_of(subject), opinion=opinion)
    else:
        certificate = certificate_of(machine_named(name, base, groups, form), again, opinion)
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
    if opinion is not None:
        click.echo(f"{opinion}; {time.perf_counter() - begun:.0f} s")
    if certificate.open:
        sys.exit(NOT_PROVED)
    if certificate.unexercised:
        fail(f"never exercised: {', '.join(certificate.unexercised)}", UNCOVERED)


def certificate_of(subject: Machine[Any], again: bool, opinion: SecondOpinion | None = None) -> Certificate:
    """The kept certificate of these weights by these proofs, or a new one, which is kept if every lemma is proved.

    again: nothing is taken from the kept one, nor with an `opinion`, which is to hear all queries. Ctrl-C keeps the
    lemmas that are proved so far, and ends the process with status 130.
    """
    weights, sources = subject.weights.sha256(), sources_sha256()
    kept = kept_certificate(weights)
    before: tuple[Result, ...] = ()
    if kept is not None and not again and opinion is None:
        try:
            certificate = from_json(kept)
            if certificate.sources_sha256 == sources:
                if certificate.proved:
                    return certificate
                before = certificate.results
        except CertificateError:
            pass
    certificate = proved(subject, before=before, opinion=opinion, partial=_Partial(subject.name, weights, sources))
    if certificate.proved:
        keep_certificate(weights, certificate.to_json())
    return certificate


@dataclass
class _Partial:
    """The certificate of a check that was interrupted: what is proved so far, and that the rest is not."""

    machine: str
    weights: str
    sources: str
    results: list[Result] = field(default_factory=list)

    def keep(self) -> str:
        """Writes it, and says so."""
        results = [result for result in self.results if result.proved]
        rest = Result(Lemma("the rest", "all other lemmas", "none", "these weights"), Outcome.NOT_PROVED, "interrupted")
        certificate = Certificate(
            self.machine, self.weights, self.sources, (*results, rest), "No theorem: interrupted."
        )
        keep_certificate(self.weights, certificate.to_json())
        return f"; {len(results)} lemmas are kept, the next check goes on with the others"


def proved(
    subject: Machine[Any],
    next_token: NextToken | None = None,
    before: Iterable[Result] = (),
    opinion: SecondOpinion | None = None,
    partial: _Partial | None = None,
) -> Certificate:
    """A new certificate; with a progress bar on a terminal. Ctrl-C ends the process, and keeps what `partial` has."""
    return _with_bar(lambda step: check(subject, step, next_token=next_token, before=before, opinion=opinion), partial)


def certificate_of_stored(file: str, opinion: SecondOpinion | None = None) -> Certificate:
    """About the specialised transformer in a file; ends the process with status 2 where there is none."""
    try:
        made = load(file)
    except MachineError as problem:
        fail(str(problem))
    return _with_bar(lambda step: certificate_of_specialised(made, step, opinion))


def _with_bar(work: Callable[[Progress], Certificate], partial: _Partial | None = None) -> Certificate:
    with Bar("lemmas") as bar:

        def step(done: int, total: int, result: Result) -> None:
            if partial is not None:
                partial.results.append(result)
            bar(done, total, result.lemma.name)

        try:
            return interruptible(lambda: work(step))
        except KeyboardInterrupt:
            bar.stop()
            click.echo("interrupted" + (partial.keep() if partial else ""), err=True)
            sys.stdout.flush()
            os._exit(INTERRUPTED)  # the solver is still at it in its thread
