"""A page of every construction in every form, of a specialised machine and of a machine of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.circuits import FORMS, Circuit
from compiler.machines.constructions import CONSTRUCTIONS
from compiler.machines.machine import Machine
from interpreter.command_line import main
from interpreter.explorer.exploring import Page, explore
from punchtape import compile_file, compile_program

Show = Callable[..., Any]
PROGRAMS = Path(__file__).resolve().parents[2] / "programs" / "machines"
RUNS: dict[str, tuple[str, str | None, dict[str, str]]] = {
    "ram": ("sieve.ram", None, {}),
    "ptm": ("parity.ptm", None, {}),
    "lag": ("increment.tm", "lag", {}),
    "post": ("increment.tm", "post", {}),
    "coin": ("walk.coin", None, {}),
    "crasp": ("addition.counter", "crasp", {}),
    "crasp universal": ("addition.counter", "crasp", {"universal": "yes"}),
    "turingformer": ("bb4.tm", "turingformer", {}),
    "turingformer universal": ("bb4.tm", "turingformer", {"universal": "yes"}),
}
"""The program, the construction if it is not the first of the format, and options."""
TOKENS = 150

DECIDED = """() => {
    const { app, engineFor } = punchtape;
    const { run } = app;
    const engine = engineFor(run);
    const decided = [];
    for (let p = 0; p < run.last; p += 1) {
        const x = engine.append(run.tokens[p]);
        if (p + 1 >= run.prompt) decided.push(engine.next(x));
    }
    return decided;
}"""


def test_every_construction_is_shown() -> None:
    assert {name.split()[0] for name in RUNS} == {construction.name for construction in CONSTRUCTIONS}


def check(show: Show, page: Page, file: Path, form: str) -> Any:
    """The engine in the page decides what the trace has; all views can be opened, at the beginning and in the end."""
    shown = show(page.save(file))
    assert shown.page.evaluate(DECIDED) == page.recording.trace.tolist()
    first, last = len(page.recording.prompt.numbers), len(page.recording.trace) - 1
    words = page.recording.prompt.machine.vocabulary
    for place in (0, last // 2, last):
        shown.select(first + place)
        assert shown.page.locator("#tokens .chip.selected").inner_text() == str(words[page.recording.trace[place]])
        for key, part in (("1", "wins by"), ("2", "Heads are round"), ("3", "The data type"), ("4", "writes")):
            shown.page.keyboard.press(key)
            text = shown.page.locator("#panel").inner_text()
            assert part in text, (key, place)
            if key == "1":
                assert ("Pass 1" if form == "looped" else "Layer 1") in text
    return shown


CASES = [(name, form) for name in RUNS for form in FORMS if form == "stacked" or "universal" not in name]
"""Both forms of each construction; of a universal machine, whose weights are the same sort with more of them, one."""


@pytest.mark.parametrize(("name", "form"), CASES)
def test_a_page_of_each(show: Show, tmp_path: Path, name: str, form: str) -> None:
    program, construction, options = RUNS[name]
    prompt = compile_file(PROGRAMS / program, construction=construction, options=options).in_form(form)  # type: ignore[arg-type]
    prompt = prompt.with_input("101") if prompt.reads_input else prompt
    page = explore(prompt, engine="reference", max_tokens=TOKENS, window=TOKENS)
    check(show, page, tmp_path / "page.html", form)


def test_a_page_of_a_specialised_machine(show: Show, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text("n = 1\nwhile n < 9: n += n\nprint(n)\n")
    stored, file = tmp_path / "small.safetensors", tmp_path / "small.html"
    done = CliRunner().invoke(main, ["specialise", str(tmp_path / "small.py"), "-o", str(stored)])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["explore", str(stored), "-o", str(file), "--no-open"])
    assert done.exit_code == 0, done.output
    shown = show(file)
    trace = shown.page.evaluate("punchtape.app.run.tokens.slice(punchtape.app.run.prompt)")
    assert shown.page.evaluate(DECIDED) == trace
    shown.page.keyboard.press("End")
    shown.ready()
    assert "HALT" in shown.page.locator("#panel").inner_text()


def own_machine(form: str) -> Machine[str]:
    """Says again what it said three tokens before, for ever."""
    tokens = ["halt", "0", "1"]
    circuit: Circuit[str] = Circuit("round", tokens)
    one = circuit.feature("is 1", lambda token: int(token == "1"))
    (back,) = circuit.offset("back", 2, one=one)
    circuit.logit(2 * back, lambda token: int(token == "1"))
    circuit.logit(circuit.one, lambda token: int(token == "0"))
    return Machine("round", tokens, circuit, halting=frozenset({0}), form=form)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_a_page_of_a_machine_of_ones_own(show: Show, tmp_path: Path, form: str) -> None:
    page = explore(own_machine(form), tokens=[1, 2, 2], engine="dense", max_tokens=30)
    assert page.recording.trace[:6].tolist() == [1, 2, 2, 1, 2, 2]
    assert len(page.recording.trace) == 30 and page.recording.cut and page.recording.strip is None
    file = page.save(tmp_path / "own.html")
    shown = show(file, "#t=4")
    assert shown.page.evaluate(DECIDED) == page.recording.trace.tolist()
    assert not shown.page.locator("#source").is_visible()
    head = shown.page.locator("#panel .head", has=shown.page.get_by_role("button", name="back", exact=True)).first
    assert "2 positions back" in head.inner_text()
    shown.page.keyboard.press("4")
    assert "This run writes no numbered cells" in shown.page.locator("#panel").inner_text()


def test_a_notebook_shows_the_page(browser: Any, tmp_path: Path) -> None:
    """In the frame of a notebook, where a page has no address of its own."""
    file = tmp_path / "notebook.html"
    page = explore(compile_program("print(1 + 2)"), engine="reference")
    file.write_text(f"<title>A notebook</title>{page._repr_html_()}", encoding="utf-8")
    outer = browser.new_page(bypass_csp=True)
    wrong: list[str] = []
    outer.on("pageerror", lambda error: wrong.append(str(error)))
    outer.on("console", lambda message: wrong.append(message.text))
    outer.goto(file.as_uri())
    frame = outer.frames[1]
    frame.wait_for_selector("body[data-ready]")
    frame.locator("#end").click()
    last = len(page.recording.prompt.numbers) + len(page.recording.trace) - 1
    frame.wait_for_selector(f'body[data-ready="{last}"]')
    assert frame.locator("#output").inner_text().startswith("3")
    assert not frame.locator("#copy").is_visible()
    frame.locator("#panel").focus()
    outer.keyboard.press("c")
    outer.keyboard.press("ArrowLeft")
    frame.wait_for_selector(f'body[data-ready="{last - 1}"]')
    outer.close()
    assert wrong == []
