"""Coq's compiler in the tests: of a file after a change only the proof in question is checked, not all before it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

STATEMENTS = "statements"
"""The folder beside the files with those from which `coqc -vos` makes what a proof elsewhere needs of them."""
NO_PROOF = re.compile("physical path|Unable to locate|inconsistent assumptions|Syntax error|Cannot load")
"""What Coq says where no proof was tried."""


def coqc(folder: Path, *files: str, options: Iterable[str] = ()) -> tuple[bool, str]:
    """Whether all are accepted, in this order, and what Coq said of the last."""
    for file in files:
        command = ["coqc", "-Q", ".", "", *options, file]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return False, done.stderr
    return True, done.stdout


def compile_all(folder: Path, files: Iterable[str]) -> None:
    """Checks files in this order, and writes them again with what each proof uses of its section.

    Without that, Coq has to go through a proof to know what its lemma says outside the section. With it, `coqc -vos`
    leaves the proof out.
    """
    (folder / STATEMENTS).mkdir()
    for file in files:
        accepted, said = coqc(folder, file, options=("-set", "Suggest Proof Using"))
        assert accepted, said
        text = (folder / file).read_text()
        for name, used in re.findall(
            r"The proof of (\w+)\s+should start with one of [^:]*:\s+Proof using ([^.]*)\.", said
        ):
            text, found = re.subn(rf"(?s)(\b{name}\b.*?\bProof)\.", rf"\1 using {used}.", text, count=1)
            assert found, name
        (folder / STATEMENTS / file).write_text(text)


def accepted_after(
    change: Callable[[str], str], compiled: Path, folder: Path, order: tuple[str, ...], file: str, where: str
) -> bool:
    """Whether the proofs of one file are accepted where a file that it needs, or the file itself, is changed.

    Of the files from the changed one on, in this order, only the statements are looked at; they must be accepted.
    """
    between = order[order.index(file) : order.index(where)]
    shutil.copytree(compiled, folder, dirs_exist_ok=True)
    for name in between:
        shutil.copy(folder / STATEMENTS / name, folder / name)
    text = (folder / file).read_text()
    assert change(text) != text
    (folder / file).write_text(change(text))
    if between:
        accepted, said = coqc(folder, *between, options=["-vos"])
        assert accepted, said
    accepted, said = coqc(folder, where, options=["-vok"])
    assert accepted or (f'File "./{where}"' in said and not NO_PROOF.search(said)), said
    return accepted
