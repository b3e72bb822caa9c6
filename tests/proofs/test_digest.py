"""What a certificate rests on: every module that the proofs import, and the versions of what they trust."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from interpreter.runs import certified
from interpreter.runs.certified import BEGINNINGS, LIBRARIES, ROOT, imported_by, sources_sha256


def test_every_module_that_a_check_loads_is_covered() -> None:
    """Those that Python has loaded after the import, but for what the packages on the way load for their own users."""
    found = imported_by(*BEGINNINGS)
    model = {"interpreter.model.positional", "interpreter.model.transformer"}
    assert {*model, "compiler.machines.ram.semantics"} <= found.keys()
    assert not any(name.startswith(("proofs_check.mutation", "compiler.lowering")) for name in found)
    program = f"import sys, {', '.join(BEGINNINGS)}; print(*(m for m in sys.modules if m.startswith('proofs_check')))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(loaded.stdout.split()) <= found.keys()


def test_a_change_of_any_of_them_changes_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources_sha256()
    files = imported_by(*BEGINNINGS)
    assert sources_sha256() == before
    seen = {before}
    for name in ("interpreter.model.positional", "proofs_check.symbolic.intervals", "compiler.machines.ram.semantics"):
        changed = tmp_path / f"{name}.py"
        changed.write_bytes(files[name].read_bytes() + b"\n")
        monkeypatch.setattr(certified, "imported_by", lambda *beginnings, n=name, c=changed: {**files, n: c})
        seen.add(sources_sha256())
    assert len(seen) == 4


@pytest.mark.parametrize("library", LIBRARIES)
def test_another_version_of_a_library_changes_the_digest(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources_sha256()
    known = importlib.metadata.version
    monkeypatch.setattr(certified, "version", lambda name: "0.0" if name == library else known(name))
    assert sources_sha256() != before
