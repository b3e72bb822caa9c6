"""Going about in a page: every key and button, search, addresses, the strip; and the drawing that it saves."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interpreter.explorer.exploring import Page, explore
from interpreter.traces.reading import reading
from interpreter.traces.story import Story
from punchtape import compile_program

Pages = Callable[..., tuple[Page, Path]]
Show = Callable[..., Any]
RECURSIVE = "def f(n):\n    return 1 if n < 1 else n * f(n - 1)\n\nprint(f(3))\nprint(f(2))\n"


@pytest.fixture(scope="module")
def recursive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, Path, Story]:
    page = explore(compile_program(RECURSIVE, "f.py"), engine="reference")
    file = page.save(tmp_path_factory.mktemp("recursive") / "f.html")
    return page, file, reading(page.recording.prompt).story(page.recording.prompt, page.recording.trace)


def test_keys_of_a_debugger(show: Show, recursive: tuple[Page, Path, Story]) -> None:
    """Where each key goes, from several tokens, by what the trace itself says."""
    page, file, story = recursive
    first, count = len(page.recording.prompt.numbers), len(page.recording.trace)
    starts = [p - first for p in story.starts if p >= first]
    depth, printed = story.depth, sorted({p - first for p, _ in story.output})
    shown = show(file)

    def pressed(key: str, place: int) -> int:
        shown.select(first + place)
        shown.page.keyboard.press(key)
        shown.ready()
        return int(shown.selected) - first

    deepest = max(range(count), key=lambda i: depth[i])
    for place in (5, deepest, count // 2):
        assert pressed("ArrowRight", place) == place + 1
        assert pressed("ArrowLeft", place) == place - 1
        assert pressed("n", place) == next(s for s in starts if s > place and depth[s] <= depth[place])
        assert pressed("o", place) == next((p for p in printed if p > place), printed[0])
        assert pressed("Shift+O", place) == next((p for p in reversed(printed) if p < place), printed[-1])
        writes = [write for write in story.writes if write.position <= first + place]
        same = [w.position - first for w in story.writes if w.cell == writes[-1].cell]
        assert pressed("w", place) == next((p for p in same if p > place), same[0])
        row = max(s for s in starts if s <= place)
        assert pressed("ArrowDown", place) == next(s for s in starts if s > place)
        assert pressed("ArrowUp", place) == max(s for s in starts if s < row)
    assert pressed("u", deepest) == next(s for s in starts if s > deepest and depth[s] < depth[deepest])
    assert pressed("Home", 7) == 0 and pressed("End", 7) == count - 1
    shown.page.keyboard.press("g")
    assert shown.page.evaluate("document.activeElement.id") == "number"


def test_buttons_and_cells(show: Show, recursive: tuple[Page, Path, Story]) -> None:
    page, file, story = recursive
    first, count = len(page.recording.prompt.numbers), len(page.recording.trace)
    shown = show(file)
    shown.select(first + 10)
    for button, place in (("on", 11), ("back", 10), ("end", count - 1), ("first", 0)):
        shown.page.locator(f"#{button}").click()
        shown.ready()
        assert shown.selected == first + place
    shown.page.locator("#on-row").click()
    shown.ready()
    after = shown.selected
    assert after in story.starts
    shown.page.locator("#back-row").click()
    shown.ready()
    assert shown.selected == first
    # A cell leads to where it was written.
    shown.page.locator("#end").click()
    shown.ready()
    cell = shown.page.locator("#memory button").nth(1)
    written = int(str(cell.get_attribute("title")).rpartition(" ")[2])
    name = cell.inner_text().partition(" = ")[0]
    assert max(write.position for write in story.writes if write.cell == name) == written
    cell.click()
    shown.page.wait_for_function(f"punchtape.app.selected === {written}")
    # The strip, which a slider lies over.
    shown.page.locator("#slider").fill("20")
    shown.ready()
    assert shown.selected == first + 19
    shown.page.locator("#play").click()
    shown.page.wait_for_function(f"punchtape.app.selected >= {first + 21}")
    shown.page.locator("#play").click()
    assert shown.page.locator("#play").get_attribute("aria-label") == "Play"


def test_search(show: Show, recursive: tuple[Page, Path, Story]) -> None:
    page, file, story = recursive
    first = len(page.recording.prompt.numbers)
    words = page.recording.prompt.machine.vocabulary
    shown = show(file)

    def found(text: str, place: int = 3) -> int:
        shown.select(first + place)
        shown.page.locator("#search").fill(text)
        shown.page.locator("#search").press("Enter")
        shown.ready()
        return int(shown.selected) - first

    call = next(i for i, t in enumerate(page.recording.trace) if i > 3 and str(words[int(t)]).startswith("CALL"))
    assert found(str(words[int(page.recording.trace[call])])) == call
    assert found("#17") == 16 and found("12") == 11
    assert story.lines[found("line 5")] == 5
    assert first + found("out") == story.output[0][0]
    cell = story.writes[-1].cell
    assert first + found(cell) == next(w.position for w in story.writes if w.cell == cell and w.position > first + 3)
    at = found("return 1 if")
    assert "return" in story.instructions[story.current[at]].note
    assert found("no such thing") == 3
    assert "not found" in shown.page.locator("#live").inner_text()


def test_an_address_can_be_copied_and_followed(show: Show, recursive: tuple[Page, Path, Story]) -> None:
    page, file, _ = recursive
    first = len(page.recording.prompt.numbers)
    shown = show(file, "#t=9", permissions=["clipboard-read", "clipboard-write"])
    assert shown.selected == first + 8
    shown.page.keyboard.press("c")
    shown.page.wait_for_function("document.getElementById('live').textContent.includes('address')")
    copied = shown.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{file.as_uri()}#t=9"
    shown.page.evaluate("location.hash = '#t=14'")
    shown.page.wait_for_function(f"punchtape.app.selected === {first + 13}")
    shown.page.evaluate("location.hash = '#p=2'")
    shown.page.wait_for_function("punchtape.app.selected === 2")
    shown.ready()
    assert shown.page.locator("#number").input_value() == "p2"
    assert show(file, "#t=9").selected == first + 8


def test_the_drawing_is_saved(show: Show, pages: Pages, tmp_path: Path) -> None:
    _, file = pages("collatz.py", "6", window=400)
    shown = show(file, "#t=100")
    with shown.page.expect_download() as downloading:
        shown.page.locator("#svg").click()
    download = downloading.value
    assert download.suggested_filename == "token-100.svg"
    download.save_as(saved := tmp_path / "token.svg")
    tree = ElementTree.parse(saved)
    text = "\n".join(tree.getroot().itertext())
    assert "token 100 of the trace" in text and "best five logits" in text
    assert shown.page.locator("#panel .chip.big").inner_text() in text
    arcs = [e for e in tree.iter() if e.tag.endswith("path")]
    assert len(arcs) == shown.page.locator("#panel .ribbon path").count() > 5
    assert not re.search(r'(href|src)="http', saved.read_text(encoding="utf-8"))
