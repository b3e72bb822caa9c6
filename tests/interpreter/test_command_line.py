"""The command as users meet it: what goes to which stream, and with which exit status."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compiler import compile_program
from compiler.machines.ram import Layout, machine
from compiler.machines.saved import dumps
from interpreter.command_line import main
from interpreter.runs.certificate import Certificate, Lemma, Limit, Outcome
from interpreter.runs.certificate import Result as Settled
from interpreter.runs.certified import keep_certificate, sources_sha256

GCD = """\
a, b = 12, 18
while b:
    a, b = b, a % b
print(a)
"""
READS = "n = int(input())\nprint(n + 1)\n"
# The specification runs what the transformer would; that they agree is tested elsewhere, and at length.
FAST = ("--engine", "reference")


@pytest.fixture
def punch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs the command in a directory with some programs; returns exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gcd.py").write_text(GCD)
    (tmp_path / "reads.py").write_text(READS)

    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        result: Result = CliRunner().invoke(main, arguments, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


def test_memory_that_is_used_up(punch: Any) -> None:
    Path("long.py").write_text("a = [1] * 12000\nprint(sum(a))\n")
    status, out, err = punch("run", "long.py", "--base", "100", *FAST, "--stats")
    assert (status, out) == (0, "12000\n") and "ram-100-3\n" in err
    for fixed in (("--groups", "2"), ("--save-trace", "long.trace")):
        status, out, err = punch("run", "long.py", "--base", "100", *FAST, *fixed)
        assert (status, out) == (1, "") and "line 1\n" in err and err.endswith("MemoryError\n")


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("", 0, ""),
        ("0", 0, ""),
        ("3", 3, ""),
        ("-1", 255, ""),
        ("'no such file'", 1, "no such file\n"),
        ("'3'", 1, "3\n"),
    ],
)
def test_exits_of_the_program(punch: Any, code: str, status: int, message: str) -> None:
    """As Python's, status and standard error."""
    Path("ends.py").write_text(f"import sys\nprint('a')\nsys.exit({code})\n")
    assert punch("run", "ends.py", *FAST) == (status, "a\n", message)


def test_run_on_the_transformer(punch) -> None:  # type: ignore[no-untyped-def]
    assert punch("run", "gcd.py", "--engine", "dense") == (0, "6\n", "")


def test_standard_input_and_input_option(punch) -> None:  # type: ignore[no-untyped-def]
    assert punch("run", "reads.py", *FAST, stdin="41\n") == (0, "42\n", "")
    assert punch("run", "reads.py", *FAST, "--input", "41") == (0, "42\n", "")


def test_errors_of_the_program(punch) -> None:  # type: ignore[no-untyped-def]
    Path("fails.py").write_text("a = [1]\nprint(a)\nprint(a[1])\n")
    status, out, err = punch("run", "fails.py", *FAST)
    assert (status, out) == (1, "[1]\n")
    assert err.splitlines() == [
        '  File "fails.py", line 3',
        "    print(a[1])",
        "IndexError: list index out of range",
    ]
    status, _, err = punch("run", "reads.py", *FAST)
    assert (status, err.splitlines()[-1]) == (1, "EOFError: EOF when reading a line")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1j / 2\n", "1:5: error: "),
        ("x = [1, b'']\n", "error: "),
        ("import numpy\n", "1:1: error: "),
        ("\ud800".encode("utf-8", "surrogatepass"), "is not UTF-8 text (byte 0)"),
        ('{"format": "punchtape prompt", "version": 3}', "damaged"),
        ('{"format": "other"}', "not a saved prompt"),
    ],
)
def test_bad_files(punch, text: str | bytes, says: str) -> None:  # type: ignore[no-untyped-def]
    Path("bad.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    status, out, err = punch("run", "bad.py")
    assert (status, out) == (2, "")
    assert says in err and "Traceback" not in err


def test_bad_usage(punch) -> None:  # type: ignore[no-untyped-def]
    for arguments, says in [
        (("run", "nowhere.py"), "nowhere.py: error: cannot be read: No such file or directory"),
        (("run", "gcd.py", "--engine", "steam"), "there is no engine 'steam'; choose one of: "),
        (("run", "gcd.py", "--base", "3"), "base 3 is too small"),
        (("run", "gcd.py", "--groups", "9"), "use 2, 3 or 4"),
        (("run", "gcd.py", "--max-tokens", "0"), "--max-tokens"),
        (("fly",), "No such command"),
    ]:
        status, out, err = punch(*arguments)
        assert (status, out) == (2, ""), arguments
        assert says in err


def test_budget(punch) -> None:  # type: ignore[no-untyped-def]
    Path("forever.py").write_text("print(1)\nwhile True:\n    pass\n")
    status, out, err = punch("run", "forever.py", *FAST, "--max-tokens", "50")
    assert (status, out) == (3, "1\n")
    assert "the budget of 50 tokens is used up" in err


def test_statistics(punch) -> None:  # type: ignore[no-untyped-def]
    status, out, err = punch("run", "gcd.py", *FAST, "--stats", "--stats-json", "stats.json")
    assert (status, out) == (0, "6\n")
    report = json.loads(Path("stats.json").read_text())
    assert report["weights_sha256"] == machine(Layout()).weights.sha256()
    assert report["ended"] == "halt" and report["engine"] == "reference"
    assert list(report) == [
        "machine", "weights_sha256", "engine", "prompt_tokens", "trace_tokens", "steps", "seconds",
        "tokens_per_second", "ended",
    ]  # fmt: skip
    assert f"trace tokens      {report['trace_tokens']}" in err


def test_saved_prompts(punch) -> None:  # type: ignore[no-untyped-def]
    assert punch("compile", "reads.py", "-o", "reads.prompt") == (0, "", "")
    assert punch("run", "reads.prompt", *FAST, stdin="1\n") == (0, "2\n", "")
    status, _, err = punch("run", "reads.prompt", *FAST, "--base", "100")
    assert status == 2 and "the prompt was made for base 1000, not 100" in err

    text = Path("reads.prompt").read_text()
    Path("damaged.prompt").write_text(text.replace('"ADD"', '"SUB"', 1))
    status, _, err = punch("run", "damaged.prompt", *FAST)
    assert status == 2 and "checksum" in err
    Path("cut.prompt").write_text(text[: len(text) // 2])
    status, _, err = punch("run", "cut.prompt", *FAST)
    assert status == 2 and "damaged" in err


def test_prompt_of_other_weights(punch) -> None:  # type: ignore[no-untyped-def]
    Path("other.prompt").write_text(dumps(compile_program(GCD), "0" * 64))
    status, _, err = punch("run", "other.prompt", *FAST)
    assert status == 2 and "made for weights 000000000000…" in err


def test_listing_and_trace(punch) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = punch("compile", "gcd.py")
    assert status == 0
    assert "#    3:     a, b = b, a % b" in out and "REM" in out and "OP(HALT)" in out
    status, out, _ = punch("trace", "gcd.py", *FAST)
    assert status == 0
    assert "line 3" in out and "REM" in out and "prints '6'" in out and out.rstrip().splitlines()[-1].endswith("HALT")


def test_model(punch) -> None:  # type: ignore[no-untyped-def]
    status, out, _ = punch("model", "--base", "10")
    assert status == 0
    assert machine(Layout(base=10)).weights.sha256() in out


def test_the_looped_form(punch) -> None:  # type: ignore[no-untyped-def]
    """The same output; the prompt of a run that was cut remembers the form."""
    weights = machine(Layout(), "looped").weights
    status, out, _ = punch("model", "--form", "looped")
    assert status == 0 and weights.sha256() in out and f"passes a token        {weights.passes}" in out
    status, out, err = punch("run", "gcd.py", "--form", "looped", "--max-tokens", "5", "--checkpoint", "rest.prompt")
    assert (status, out) == (3, "") and "`punchtape run rest.prompt` goes on" in err
    assert punch("run", "rest.prompt")[:2] == (0, "6\n")
    status, _, err = punch("run", "rest.prompt", "--form", "stacked")
    assert status == 2 and f"made for weights {weights.sha256()[:12]}" in err
    assert punch("verify", "gcd.py", "--form", "looped", "--engine", "reference")[0] == 0
    assert punch("run", "gcd.py", "--form", "round")[0] == 2


def test_compiled_prompts_are_kept(punch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """A kept prompt is used again, unless it is damaged or the program has changed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert punch("run", "gcd.py", *FAST) == (0, "6\n", "")
    (kept,) = (tmp_path / "cache" / "punchtape" / "prompts").iterdir()
    written = kept.read_bytes()
    planted = dumps(compile_program("print(666)"), "").encode()
    for content in (written[:100], planted, written[:50] + planted):
        kept.write_bytes(content)
        assert punch("run", "gcd.py", *FAST) == (0, "6\n", "")
        assert kept.read_bytes() == written
    Path("gcd.py").write_text(GCD.replace("18", "16"))
    assert punch("run", "gcd.py", *FAST) == (0, "4\n", "")
    assert len(list(kept.parent.iterdir())) == 2


def test_certified_runs(punch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Without a certificate nothing runs; with one, up to the length that it names."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    status, out, err = punch("run", "gcd.py", "--certified")
    assert (status, out) == (2, "") and "have no certificate" in err

    sha256 = machine(Layout()).weights.sha256()
    lemma = Lemma("all", "", "", "")
    proved, checked, unproved = (
        Settled(lemma, outcome) for outcome in (Outcome.PROVED, Outcome.CHECKED, Outcome.NOT_PROVED)
    )
    limits = {"float64": Limit("float64", 1000, 1000, 1000, 10, 10**6, "")}
    certificate = Certificate("ram", sha256, sources_sha256(), (proved,), "", limits=limits, engine=(proved, checked))
    forged = tmp_path / "cache" / "punchtape" / "certificates" / sha256
    forged.parent.mkdir(exist_ok=True)
    forged.write_text(certificate.to_json())
    assert punch("run", "gcd.py", *FAST, "--certified")[0] == 2
    keep_certificate(sha256, certificate.to_json())
    assert punch("run", "gcd.py", "--certified") == (0, "6\n", "")
    Path("forever.py").write_text("while True:\n    pass\n")
    status, _, err = punch("run", "forever.py", "--certified", "--checkpoint", "rest.prompt")
    assert status == 4 and "the certificate covers 1,000 tokens" in err
    changes: list[dict[str, Any]] = [{"results": (unproved,)}, {"weights_sha256": "0" * 64}, {"limits": {}}]
    for change in [*changes, {"results": ()}, {"engine": ()}, {"engine": (proved, unproved)}]:
        keep_certificate(sha256, replace(certificate, **change).to_json())
        assert punch("run", "gcd.py", "--certified")[0] == 2
    keep_certificate(sha256, replace(certificate, sources_sha256="0" * 64).to_json())
    status, _, err = punch("run", "gcd.py", "--certified")
    assert status == 2 and "by other proofs" in err

    longer = {"float64": replace(limits["float64"], tokens=10**7)}
    keep_certificate(sha256, replace(certificate, limits=longer).to_json())
    Path("grows.py").write_text("x = 1\nwhile True:\n    x *= 10**30\n    print(0)\n")
    status, out, err = punch("run", "grows.py", "--certified")
    assert status == 4 and "integers of at most 1,000 groups" in err and out.count("0") in (99, 100, 101)
    status, _, err = punch("run", "gcd.py", "--engine", "speculative", "--certified")
    assert status == 2 and "certificates do not cover the speculative engine" in err
