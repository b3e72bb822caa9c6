"""axe-core finds nothing, in light and in dark: every view, what opens, on a phone, other machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interpreter.explorer.exploring import Page, explore
from punchtape import compile_file

Pages = Callable[..., tuple[Page, Path]]
Show = Callable[..., Any]
AXE = Path(__file__).resolve().parents[1] / "data" / "axe" / "axe.min.js"
PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
SCHEMES = ("light", "dark")


def with_axe(shown: Any) -> Any:
    shown.page.evaluate(AXE.read_text(encoding="utf-8"))
    return shown.page


def found(page: Any) -> list[tuple[str, list[str]]]:
    violations = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in violations]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_view(show: Show, pages: Pages, scheme: str) -> None:
    _, file = pages("collatz.py", "6", window=400)
    page = with_axe(show(file, "#t=100", color_scheme=scheme))
    for key in "1234":
        page.keyboard.press(key)
        if key == "2":
            page.evaluate("punchtape.app.showHead(2, 0)")
        assert found(page) == [], key


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_opens(show: Show, pages: Pages, scheme: str) -> None:
    """The help, when a wire mattered, the terms of a gate, and the answer to what if with the token opened up."""
    _, file = pages("machines/parity.ptm", "1011", form="looped")
    shown = show(file, "#t=30", color_scheme=scheme)
    page = with_axe(shown)
    assert found(page) == []
    page.keyboard.press("?")
    assert found(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.locator('.map [data-node="taken"]').click()
    page.locator("#mattered").click()
    page.locator("#verdict").wait_for()
    assert found(page) == []
    page.keyboard.press("3")
    page.locator("#if-single").click()
    page.locator(".verdict").wait_for()
    assert found(page) == []
    page.locator("#if-open").click()
    page.locator("#banner button").wait_for()
    assert found(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_on_a_phone(show: Show, pages: Pages, scheme: str) -> None:
    _, file = pages("collatz.py", "6", window=400)
    page = with_axe(show(file, "#t=100", color_scheme=scheme, viewport={"width": 390, "height": 800}))
    for part in ("program", "tokens", "why"):
        page.locator(f'[data-show="{part}"]').click()
        assert found(page) == [], part


def test_a_window_of_a_long_run_and_another_machine(show: Show, tmp_path: Path) -> None:
    prompt = compile_file(PROGRAMS / "hanoi.py").with_input("5")
    part = explore(prompt, engine="reference", around=1000, window=200).save(tmp_path / "part.html")
    assert found(with_axe(show(part))) == []
    tag = compile_file(PROGRAMS / "machines" / "increment.tm", construction="lag")
    other = explore(tag, engine="reference", max_tokens=100).save(tmp_path / "lag.html")
    page = with_axe(show(other, "#t=40"))
    for key in "1234":
        page.keyboard.press(key)
        assert found(page) == [], key
