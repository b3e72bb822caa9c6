"""What Coq's kernel checks: the files are accepted, rest on nothing, and fail when a rule is changed."""

import shutil
import subprocess
from pathlib import Path

import pytest

COQ = Path(__file__).parents[2] / "proofs_check" / "coq"
FILES = ("Lag.v", "TuringToLag.v")

pytestmark = pytest.mark.skipif(shutil.which("coqc") is None, reason="NOT TESTED: there is no coqc (Debian: coq)")

CHANGES = (
    ("Some [Cell Shift x]", "Some [Cell Gather x]"),
    ("Some [Head Shift next x]", "Some [Head Shift q x]"),
    ("Some [Edge Shift; Head Shift next blank]", "Some [Edge Shift; Head Shift next s]"),
    ("Some [Head Gather next y]", "Some [Head Gather next s]"),
    ("Some [Head Gather next blank; End]", "Some [Head Gather next blank]"),
    ("Some (written, MoveRight, _) => Some [Cell Gather written]", "Some (_, MoveRight, _) => Some [Cell Gather s]"),
    ("| End, Edge Shift => Some [Edge Gather]", "| End, Edge Shift => Some [Edge Shift]"),
    ("| Cell Shift _, Edge Gather => Some [End]", "| Cell Shift _, Edge Gather => None"),
    ("| [] => At [] next blank (written :: right c)", "| [] => At [] next blank (right c)"),
    ("| [] => At (written :: left c) next blank []", "| [] => At (left c) next blank []"),
)


def accepted(folder: Path) -> bool:
    command = ["coqc", "-Q", ".", ""]
    return all(subprocess.run([*command, file], cwd=folder, capture_output=True).returncode == 0 for file in FILES)


def copied(folder: Path) -> Path:
    for file in FILES:
        shutil.copy(COQ / file, folder / file)
    return folder


def test_the_proofs_are_accepted_and_rest_on_no_axiom(tmp_path: Path) -> None:
    assert accepted(copied(tmp_path))
    theorems = ("simulates_step", "simulates_run", "halts_with", "halts_iff")
    (tmp_path / "Asked.v").write_text(
        "Require Import TuringToLag.\n" + "".join(f"Print Assumptions {t}.\n" for t in theorems)
    )
    said = subprocess.run(["coqc", "-Q", ".", "", "Asked.v"], cwd=tmp_path, capture_output=True, text=True)
    assert said.stdout.splitlines() == ["Closed under the global context"] * len(theorems)
    assert not any("Admitted" in (COQ / file).read_text() or "Axiom" in (COQ / file).read_text() for file in FILES)


@pytest.mark.parametrize("before, after", CHANGES)
def test_a_changed_rule_is_refused(before: str, after: str, tmp_path: Path) -> None:
    file = copied(tmp_path) / "TuringToLag.v"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    assert not accepted(tmp_path)
