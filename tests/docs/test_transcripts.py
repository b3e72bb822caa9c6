"""What the pages show of a console is what the commands print."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.transcripts import agrees, carry_out, commands, files

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [ROOT / "README.md", ROOT / "proofs_check" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in WRITTEN if any(commands(page))]
LONG = "PUNCHTAPE_LONG_TRANSCRIPTS"
"""With this variable set, those that take minutes are checked, too: `make transcripts`."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_show_what_is_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "programs").symlink_to(ROOT / "programs")
    for name, content in files(page).items():
        (tmp_path / name).write_text(content)
    wrong = []
    for command in commands(page):
        if not command.long or LONG in os.environ:
            printed = carry_out(command, tmp_path)
            if not agrees(command.shown, printed):
                wrong.append(f"{command} prints\n{printed}")
    assert not wrong, "\n".join(wrong)


def test_sessions_are_found_and_compared(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "A\n\n    $ cat a.txt\n    1\n    2\n    $ cat a.txt | tail -1\n    3\n\n<!-- long -->\n    $ sleep 9\n"
    )
    made, wrong, long = commands(page)
    assert (made.line, wrong.line, long.long, made.long) == (3, 6, True, False)
    assert agrees(made.shown, carry_out(made, tmp_path)) and not agrees(wrong.shown, carry_out(wrong, tmp_path))
    assert agrees(("a", "…", "c"), "a\nb\nb\nc\n") and not agrees(("a", "…", "c"), "a\nb\n")
    assert agrees(("5 tokens in 0.5 s, 10 a second",), "5 tokens in 0.7 s, 7 a second\n")
