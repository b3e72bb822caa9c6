"""The documentation: its examples run, its numbers are those of the weights, its links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs import beavers, figures, heads_picture, picture, pictures, specialised_figures
from interpreter.command_line import main

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_examples_of_the_tutorials_run(page: Path) -> None:
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried > 5 and failed == 0


def test_the_figures_are_those_of_the_weights() -> None:
    """`make figures` brings them up to date. Of two checks the lemmas are counted here, one machine is proved."""
    known, some = figures.known(), ("ram-10", "ptm")
    counted = figures.of_weights()
    assert {name: known[name] for name in counted} == counted
    assert {name: known["check"][name] for name in some} == figures.of_lemmas(some)
    assert {"post": known["windows"]["post"]} == figures.of_windows(("post",))
    assert known["constructs"] == figures.of_constructs()
    assert known["memory"] == figures.of_memory()
    assert known["bench"] == figures.of_benchmarks()
    # How far float32 goes is the processor's: it is not measured again.
    for construction, forms in figures.of_comparison(dtypes=())["parity"].items():
        assert all(row.items() <= known["comparison"]["parity"][construction][f].items() for f, row in forms.items())
    assert known["experiments"] == figures.of_experiments()
    assert known["mutation"] == figures.of_mutation()
    of_two = specialised_figures.of_specialised(("hello", "parity"))
    assert {name: known["specialised"][name] for name in of_two} == of_two
    assert {k: v for k, v in known["beavers"].items() if k != "long"} == beavers.of_beavers()
    assert known["beavers"]["long"].keys() == beavers.LONG.keys()
    listed = {name: beavers.champions()[long[0]][1:] for name, long in beavers.LONG.items()}
    assert {name: (row["steps"], row["ones"]) for name, row in known["beavers"]["long"].items()} == listed
    assert known["proofs"].keys() | known["rechecks"].keys() <= figures.CHECKS.keys()


@pytest.mark.parametrize("page", figures.pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_have_the_figures(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == figures.filled(text, figures.known())
    assert text.count("<!--= ") == len(figures.MARKED.findall(text)), "a marker is not as it should be"
    assert not re.search(r"^[A-Z]{5,}$", text, re.M), "a placeholder was left"
    assert not re.search(r"^<!--= ", text, re.M), "a marker at the start of a line begins a block of HTML"


def test_counted_numbers_are_not_typed() -> None:
    """A number that is counted stands between markers: typed, it would go out of date without a word.

    What commands print is checked by other tests, and may stay as it is.
    """
    known = figures.known()
    typed = {f"{known['ram'][f][n]:,}" for f in ("stacked", "looped") for n in ("non_zeros", "embedding", "parameters")}
    typed |= {f"{known['check'][name]['tokens']:,}" for name in figures.CHECKS}
    typed |= {f"{known['mutation'][of][n]:,}" for of in ("sample", "circuits") for n in ("mutants", "killed")}
    typed |= {f"{check[n]:,}" for check in known["rechecks"].values() for n in ("queries", "distinct")}
    typed |= {f"{row['tokens']:,}" for row in known["beavers"]["long"].values()}
    wrong = []
    for page in figures.pages():
        text = re.sub(r"^    .*$", "", figures.MARKED.sub("", page.read_text(encoding="utf-8")), flags=re.M)
        wrong += [f"{page.name}: {number}" for number in typed if re.search(rf"(?<![\d,]){number}(?![\d,])", text)]
    assert wrong == []


def test_a_name_without_a_number_fails() -> None:
    marked = "<!--= a.b -->0<!--/--> and <!--= a.c -->y<!--/-->"
    assert figures.filled(marked, {"a": {"b": 1234, "c": "x"}}) == marked.replace("0", "1,234").replace("y", "x")
    with pytest.raises(KeyError):
        figures.filled("<!--= a.d -->0<!--/-->", {"a": {"b": 1234}})


def test_the_picture_is_drawn_by_its_program() -> None:
    assert picture.FILE.read_text(encoding="utf-8") == picture.picture()
    assert heads_picture.FILE.read_text(encoding="utf-8") == heads_picture.picture()
    drawn = {file.stem: file.read_text(encoding="utf-8") for file in pictures.FOLDER.glob("*.svg")}
    assert drawn == pictures.pictures(), "`make pictures` brings them up to date"


def test_where_is_what() -> None:
    """The table of CONTRIBUTING: each file defines the name."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| `([\w/.]+\.(?:py|v))` \| `(\w+)` \|$", text, re.M)
    assert len(rows) == 14
    for file, name in rows:
        content = (ROOT / file).read_text(encoding="utf-8")
        if file.endswith(".v"):
            assert re.search(rf"^(Definition|Record|Theorem) {name}\b", content, re.M), file
            continue
        statements = ast.parse(content).body
        stored = (
            n for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )
        defined = {s.name for s in statements if isinstance(s, ast.FunctionDef | ast.ClassDef)}
        assert name in defined | {n.id for n in stored}, file


def test_the_command_line_page_names_every_command() -> None:
    page = (DOCS / "reference" / "command_line.md").read_text(encoding="utf-8")
    listed = re.findall(r"^  (\w+) ", CliRunner().invoke(main, ["--help"]).stdout.partition("Commands:")[2], re.M)
    assert len(listed) > 5 and [name for name in listed if f"`{name}" not in page] == []


def test_files_that_pages_name_are_there() -> None:
    """Paths of the checkout in backquotes, in the pages and the README."""
    rooms = "benchmarks|compiler|docs|interpreter|programs|proofs_check|punchtape|tests"
    wrong = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for name in re.findall(rf"`((?:{rooms})/[\w./-]+)`", page.read_text(encoding="utf-8")):
            if "NAME" not in name and not (ROOT / name).exists():
                wrong.append(f"{page.relative_to(ROOT)}: {name}")
    assert wrong == []


def test_links_of_the_front_pages_lead_somewhere() -> None:
    wrong = []
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                wrong.append(f"{page.name}: {target}")
    assert wrong == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    # Not --quiet: with it, warnings are not counted, and --strict says nothing.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    numbers = (tmp_path / "site" / "results" / "numbers" / "index.html").read_text(encoding="utf-8")
    assert "1,401" in numbers
    for page in TUTORIALS:
        html = (tmp_path / "site" / "tutorials" / page.stem / "index.html").read_text(encoding="utf-8")
        assert "blockquote" not in html, f"{page.name}: code that is not indented is a quotation to Markdown"


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    copy = tmp_path / "copy"
    shutil.copytree(DOCS, copy / "docs")
    for room in ("punchtape", "compiler", "interpreter", "proofs_check"):
        (copy / room).symlink_to(ROOT / room)
    shutil.copy(ROOT / "mkdocs.yml", copy)
    with (copy / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[nowhere](reference/nowhere.md)\n")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "reference/nowhere.md" in done.stderr


def test_the_ten_lines_of_the_readme_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [block] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    exec(block, {})
    first, sha256, *report = capsys.readouterr().out.split("\n")
    assert first == "144 halt" and len(sha256) == 64 and report[:2] == ["steps   107", "score   13"]
