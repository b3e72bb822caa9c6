"""A real browser for the pages: Chromium as Debian packages it, driven by Playwright."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interpreter.explorer.exploring import Page, explore
from punchtape import compile_file

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        warnings.warn("THE PAGES OF THE EXPLORER ARE NOT TESTED: there is no Chromium; `make system`", stacklevel=1)
        pytest.skip("NOT TESTED: there is no Chromium (Debian: chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


class Shown:
    """A page in the browser. `wrong`: what it said on the console, its errors, and what it asked of the network."""

    def __init__(self, browser: Any, file: Path, address: str = "", **context: Any) -> None:
        self.wrong: list[str] = []
        # The page's own rules forbid `eval`, with which Playwright waits.
        usual = {"viewport": {"width": 1440, "height": 900}, "bypass_csp": True}
        self.page = browser.new_page(**(usual | context))
        self.page.set_default_timeout(120_000)
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked(request.url, file))
        self.page.goto(file.as_uri() + address)
        self.page.wait_for_selector("body[data-ready]")

    def asked(self, url: str, file: Path) -> None:
        if url.partition("#")[0] != file.as_uri() and not url.startswith(("data:", "blob:")):
            self.wrong.append(url)

    def ready(self) -> None:
        """Waits until what is selected is shown."""
        self.page.wait_for_function(
            "window.punchtape && document.body.dataset.ready === String(punchtape.app.selected)"
        )

    def select(self, position: int) -> None:
        self.page.evaluate(f"punchtape.app.select({position})")
        self.ready()

    @property
    def selected(self) -> int:
        return int(self.page.evaluate("punchtape.app.selected"))

    def close(self) -> None:
        self.page.close()
        assert self.wrong == []


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Page, Path]]:
    """Makes the page of a program, once a session: (the page, its file)."""
    folder = tmp_path_factory.mktemp("pages")
    made: dict[str, tuple[Page, Path]] = {}

    def page(name: str, input_text: str = "", form: str = "stacked", **options: Any) -> tuple[Page, Path]:
        key = repr((name, input_text, form, options))
        if key not in made:
            prompt = compile_file(PROGRAMS / name).in_form(form)
            prompt = prompt.with_input(input_text) if prompt.reads_input else prompt
            explored = explore(prompt, engine="reference", **options)
            made[key] = explored, explored.save(folder / f"{len(made)}.html")
        return made[key]

    return page


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Shown]]:
    """Opens a file in the browser; fails in the end if a page said or asked anything."""
    shown: list[Shown] = []

    def opened(file: Path, address: str = "", **context: Any) -> Shown:
        shown.append(Shown(browser, file, address, **context))
        return shown[-1]

    yield opened
    for one in shown:
        one.close()
