"""The specification in Coq and the one in Python emit the same tokens; a changed one does not."""

import shutil
from pathlib import Path

import pytest

from proofs_check import extraction

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in extraction.TOOLS), reason="NOT TESTED: there is no coqc (Debian: coq)"
)


@needs_tools
def test_random_programs() -> None:
    """`make extraction` tries 10,000."""
    with extraction.extracted() as given:
        number, tokens, differences = extraction.compared(given, extraction.random_prompts(60, seed=1))
    assert number == 60 and tokens > 2000 and differences == []


@needs_tools
def test_a_changed_specification_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(extraction.COQ, tmp_path / "coq"))
    text = (folder / "RamTokens.v").read_text()
    changed = text.replace("if (1 <? rows w)%nat then carried w", "if (0 <? rows w)%nat then carried w")
    assert changed != text
    (folder / "RamTokens.v").write_text(changed)
    monkeypatch.setattr(extraction, "COQ", folder)
    with extraction.extracted() as given:
        _, _, differences = extraction.compared(given, extraction.random_prompts(60, seed=1))
    assert differences
