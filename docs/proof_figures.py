"""The numbers of the pages that proofs say: what `punchtape check` proves, how far it reaches, and what mutants do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from interpreter.runs.certificate import proved_in

ROOT = Path(__file__).resolve().parents[1]
MUTATION_REPORT = ROOT / "proofs_check" / "mutation_report.md"

CHECKS: dict[str, tuple[str, ...]] = {
    "ram": (),
    "ram-10": ("--base", "10"),
    "ram-looped": ("--form", "looped"),
    "ptm": ("--machine", "ptm"),
    "ptm-looped": ("--machine", "ptm", "--form", "looped"),
    "crasp": ("--machine", "crasp"),
    "turingformer": ("--machine", "turingformer"),
}
"""What `punchtape check` is called with, by the name of the figure."""
OF_WINDOWS = ("lag", "post")
"""Machines whose next token depends on finitely many windows, all of which `punchtape check` evaluates."""


def of_lemmas(names: Iterable[str] = CHECKS) -> dict[str, Any]:
    """By check, how many lemmas there are and up to which length they reach in float64; nothing is proved for it."""
    from interpreter.command_line.machines import machine_named
    from proofs_check.check import check

    numbers = {}
    for name in names:
        given = dict(zip(CHECKS[name][::2], CHECKS[name][1::2]))
        base = int(given["--base"]) if "--base" in given else None
        form = "looped" if "--form" in given else "stacked"
        subject = machine_named(given.get("--machine", "ram"), base, form=form)  # type: ignore[arg-type]
        certificate = check(subject, only=lambda lemma: False)
        limit = certificate.limits["float64"]
        numbers[name] = {
            "lemmas": len(certificate.results) + len(certificate.engine),
            "tokens": limit.tokens,
            "in-order": limit.tokens_in_order,
            "small": limit.tokens_small,
            "formats": proved_in(certificate.limits),
        }
    return numbers


def of_windows(names: Iterable[str] = OF_WINDOWS) -> dict[str, Any]:
    """By machine, how many windows are proved to be right, and in which data types."""
    from interpreter.command_line.machines import machine_named
    from proofs_check.check import check

    numbers = {}
    for name in names:
        certificate = check(machine_named(name))
        assert certificate.proved, f"{name}: a lemma is open"
        step = next(result for result in certificate.results if result.lemma.name == "step")
        numbers[name] = _said(r"(?P<formats>[\w, ]+): (?P<windows>[\d,]+) windows", step.note)
    return numbers


def of_proof(name: str, recheck: bool = False) -> dict[str, int]:
    """CPU seconds and memory of `punchtape check`, everything proved anew; if every query to z3 is asked again of cvc5,
    also how many there were.

    Raises:
        subprocess.CalledProcessError: a lemma is not proved.
    """
    command = [sys.executable, "-m", "interpreter.command_line.group", "check", *CHECKS[name]]
    command += ["--recheck"] * recheck
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        environment = {**os.environ, "XDG_CACHE_HOME": folder}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    took = {"cpu-seconds": round(usage.ru_utime + usage.ru_stime), "mib": usage.ru_maxrss // 2**10}
    return {**took, **queries_in(printed)} if recheck else took


def queries_in(printed: str) -> dict[str, int]:
    """What `punchtape check --recheck` says of the queries."""
    said = _said(
        r"(?P<queries>[\d,]+) queries, (?P<distinct>[\d,]+) distinct; cvc5 agrees on (?P<agreed>[\d,]+)", printed
    )
    return {name: _integer(number) for name, number in said.items()}


def of_mutation() -> dict[str, Any]:
    """What the mutation report says of all mutants of weights and of circuits."""
    weights, circuits = MUTATION_REPORT.read_text(encoding="utf-8").split("# Circuit mutants\n")
    tried = _said(
        r"A sample of (?P<sample>[\d,]+) of (?P<all>[\d,]+) .*"
        r"tried on [\d,]+: they kill (?P<quick>[\d,]+) \((?P<share>[\d.]+) %\). The other\s(?P<rest>[\d,]+) need",
        weights,
    )
    return {
        "weights": {name: number if name == "share" else _integer(number) for name, number in tried.items()},
        "sample": _fates(weights),
        "circuits": _fates(circuits),
    }


def _fates(report: str) -> dict[str, Any]:
    """The row of the table that sums up; `proved`: how many only a proof notices."""
    row = _said(r"\| all \|(?P<cells>[^\n]*)\|\n", report)["cells"].split("|")
    mutants, *killed, harmless, left = map(_integer, row[:-1])
    share = row[-1].strip().removesuffix(" %")
    return {
        "mutants": mutants, "killed": sum(killed), "proved": sum(killed[-2:]), "harmless": harmless, "open": left,
        "share": share,
    }  # fmt: skip


def _said(pattern: str, text: str) -> dict[str, str]:
    found = re.search(pattern, text, re.S)
    assert found is not None, f"nothing reads {pattern!r}"
    return found.groupdict()


def _integer(shown: str) -> int:
    return int(shown.strip().replace(",", ""))
