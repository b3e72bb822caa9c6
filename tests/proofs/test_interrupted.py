"""Ctrl-C, as a real signal to a real process: it ends soon, with status 130, and nothing that was proved is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interpreter.command_line.machines import machine_named
from interpreter.runs.certificate import from_json
from interpreter.runs.certified import kept_certificate
from proofs_check.check import check

ENDS_WITHIN = 10.0
"""Seconds; it is some tenths of one on a machine that does nothing else."""


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str, float]:
    """Exit status, standard error, and the seconds that it took."""
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err, time.monotonic() - begun


HARD = """
import sys
import z3
from proofs_check import command
from interpreter.command_line.machines import machine_named
from interpreter.runs.certificate import Certificate
from proofs_check.check import check
from proofs_check.lemma import Lemma, Outcome, Result
from proofs_check.symbolic.solver import Solver

def endless(subject, progress, **options):
    certificate = check(subject, progress, only=lambda lemma: lemma.name.startswith("gate"), **options)
    print("asking", flush=True)
    x, y, w = z3.Ints("x y w")
    solver = Solver()
    solver.z3.set("timeout", 10**9)
    solver.possible(x * x * x + y * y * y + w * w * w == 114, x > 1, y < -1)
    return certificate

command.check = endless
sys.argv = ["check", "--base", "10"]
command.command()
"""
"""The command itself, with one query more, on which z3 would be at work for years."""


def test_a_check_ends_inside_a_query_and_keeps_what_is_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = started(tmp_path, "-c", HARD)
    assert process.stdout is not None and process.stdout.readline() == "asking\n", process.communicate()
    time.sleep(0.5)
    assert process.poll() is None
    status, err, took = interrupted(process)
    assert (status, took < ENDS_WITHIN) == (130, True), (err, took)
    subject = machine_named("ram", 10, None, None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = from_json(kept_certificate(subject.weights.sha256()) or "")
    proved = [result.lemma.name for result in kept.results if result.proved]
    assert proved == ["gate relu", "gate step", "gate when"] and not kept.proved
    assert err == "interrupted; 3 lemmas are kept, the next check goes on with the others\n"

    again = check(subject, only=lambda lemma: False, before=kept.results)
    assert [result.lemma.name for result in again.results if result.proved] == proved


VERIFY = """
import sys
from interpreter import command_line
from interpreter.verification import verification

inner = verification.verify

def told(*arguments, **options):
    print("verifying", flush=True)
    return inner(*arguments, **options)

import interpreter.command_line.verifying
interpreter.command_line.verifying.verify = told
sys.argv = ["punchtape", "verify", "sum.py", "--engine", "reference", "--max-tokens", "1500000"]
command_line.main()
"""


def test_a_verification_ends(tmp_path: Path) -> None:
    """A million tokens and a half, which take a minute."""
    (tmp_path / "sum.py").write_text("i = 0\nwhile True:\n    i += 1\n", encoding="utf-8")
    process = started(tmp_path, "-c", VERIFY)
    assert process.stdout is not None and process.stdout.readline() == "verifying\n", process.communicate()
    time.sleep(1.0)
    assert process.poll() is None
    status, err, took = interrupted(process)
    assert (status, err.strip(), took < ENDS_WITHIN) == (130, "interrupted", True), (err, took)
