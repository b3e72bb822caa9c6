"""The page in a real browser: what is linked, said and done in it; and that it asks nothing of the network."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from interpreter.explorer.exploring import NoPage, Page, explore
from interpreter.explorer.recording import record
from interpreter.model.transformer import Transformer
from interpreter.traces.reading import reading
from punchtape import compile_file, compile_program

Pages = Callable[..., tuple[Page, Path]]
Show = Callable[..., Any]
PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
DOCS = Path(__file__).resolve().parents[2] / "docs"
TEN = (
    ("hello.py", ""),
    ("collatz.py", "6"),
    ("gcd.py", "12 18"),
    ("factorial.py", "5"),
    ("hanoi.py", "2"),
    ("machines/bb4.tm", ""),
    ("machines/hello.bf", ""),
    ("machines/addition.counter", ""),
    ("machines/sieve.ram", ""),
    ("machines/parity.ptm", "1011"),
)


@pytest.mark.parametrize(("name", "input_text"), TEN, ids=[name for name, _ in TEN])
def test_source_instructions_and_tokens_are_linked(show: Show, pages: Pages, name: str, input_text: str) -> None:
    made, file = pages(name, input_text, window=400)
    recording = made.recording
    story = reading(recording.prompt).story(recording.prompt, recording.trace)
    first = len(recording.prompt.numbers)
    shown = show(file)
    page = shown.page
    for place in np.linspace(0, len(recording.trace) - 1, 4).astype(int).tolist():
        shown.select(first + place)
        line, instruction = story.lines[place], story.current[place]
        if line:
            assert page.locator("#source .row.here").get_attribute("data-line") == str(line)
        if instruction < len(story.instructions):
            assert page.locator("#instructions .row.here").get_attribute("data-instruction") == str(instruction)
        name_shown = page.locator("#tokens .chip.selected").inner_text()
        assert name_shown == str(recording.prompt.machine.vocabulary[int(recording.trace[place])])
        printed = "".join(text for position, text in story.output if position <= first + place)
        assert page.locator("#output").inner_text().startswith(printed.rstrip("\n"))
    # And back, by clicking: a token, an instruction, a line.
    other = page.locator("#tokens .row:not(.here) .chip").last.get_attribute("data-p")
    page.locator(f'#tokens [data-p="{other}"]').click()
    shown.ready()
    assert shown.selected == int(other)
    shown.select(first)
    page.locator("#instructions .row").nth(1).click()
    shown.ready()
    number = int(page.locator("#instructions .row.here").get_attribute("data-instruction"))
    at = shown.selected
    assert story.current[at - first] == number if at >= first else story.instructions[number].first == at
    line = max(story.lines)
    page.evaluate(f"punchtape.app.toLine({line})")
    shown.ready()
    assert story.lines[shown.selected - first] == line


def test_arcs_are_the_attention_of_the_dense_transformer(show: Show, pages: Pages) -> None:
    made, file = pages("collatz.py", "6", window=400)
    prompt, trace = made.recording.prompt, made.recording.trace
    tokens = np.concatenate([prompt.numbers, trace])
    weights = prompt.machine.weights
    with torch.inference_mode():
        dense = Transformer(weights).activations(torch.as_tensor(tokens, dtype=torch.long))
    shown = show(file)
    for position in (len(prompt.numbers) + 40, len(prompt.numbers) + 99):
        shown.select(position)
        arcs = shown.page.locator("#panel .ribbon path").evaluate_all(
            "arcs => arcs.map(({ dataset }) => [dataset.head, Number(dataset.to), Number(dataset.weight)])"
        )
        expected = {
            (name, k, round(float(row[k]), 6))
            for layer, attention in zip(weights.layers, dense.attention)
            for name, row in zip(layer.head_names, attention[:, position - 1])
            if name != "mean"
            for k in np.flatnonzero(row.numpy() > 0.001).tolist()
        }
        assert {(name, k, round(w, 6)) for name, k, w in arcs} == expected


def test_memory_is_that_of_the_run(show: Show, pages: Pages) -> None:
    made, file = pages("collatz.py", "6", window=400)
    shown = show(file, "#t=9999999")
    # An address beyond the end is the end.
    assert shown.page.locator("#number").input_value() == f"{len(made.recording.trace)}"
    cells = dict(text.split(" = ") for text in shown.page.locator("#memory button").all_inner_texts())
    assert cells["g1"] == "1"
    assert shown.page.locator("#output").inner_text().split() == ["6", "3", "10", "5", "16", "8", "4", "2", "1"]


def test_keys_search_and_addresses(show: Show, pages: Pages) -> None:
    made, file = pages("collatz.py", "6", window=400)
    shown = show(file, "#t=20")
    page, first = shown.page, len(made.recording.prompt.numbers)
    assert shown.selected == first + 19
    page.keyboard.press("ArrowRight")
    shown.ready()
    assert shown.selected == first + 20 and page.url.endswith("#t=21")
    page.keyboard.press("o")
    shown.ready()
    assert page.locator("#output .new").inner_text() == "6"
    for key in ("ArrowDown", "ArrowUp", "n", "u", "w", "Home", "End"):
        page.keyboard.press(key)
        shown.ready()
    assert shown.selected == first + len(made.recording.trace) - 1
    page.keyboard.press("/")
    page.keyboard.type("line 9")
    page.keyboard.press("Enter")
    shown.ready()
    assert page.locator("#source .row.here").get_attribute("data-line") == "9"
    page.keyboard.press("Escape")
    page.locator("#number").fill("33")
    page.locator("#number").press("Enter")
    shown.ready()
    assert shown.selected == first + 32
    page.locator("#panel").focus()
    page.keyboard.press("?")
    assert page.locator("#help-dialog").is_visible()


def test_why_and_the_drawing_for_a_paper(show: Show, pages: Pages) -> None:
    _, file = pages("collatz.py", "6", window=400)
    shown = show(file, "#t=100")
    text = shown.page.locator("#panel").inner_text()
    for part in ("Token 100 of the trace", "Best of each family", "asks for the opcode of instruction", "Layer 4"):
        assert part in text
    svg = shown.page.evaluate("punchtape.svgOf(punchtape.app)")
    tree = ElementTree.fromstring(svg)
    assert "token 100 of the trace" in "".join(tree.itertext())


def test_looped_form_shows_passes(show: Show, pages: Pages) -> None:
    _, file = pages("machines/parity.ptm", "1011", form="looped")
    shown = show(file, "#t=30")
    text = shown.page.locator("#panel").inner_text()
    assert "Pass 1" in text and "have settled" in text
    shown.page.keyboard.press("2")
    assert shown.page.locator(".map g.lit").count() > 10


def test_circuit_and_when_a_wire_mattered(show: Show, pages: Pages) -> None:
    made, file = pages("machines/parity.ptm", "1011")
    prompt, trace = made.recording.prompt, made.recording.trace
    weights = prompt.machine.weights
    tokens = np.concatenate([prompt.numbers, trace])
    wire = next(j for j, w in enumerate(weights.wires) if w.name == "taken")
    shown = show(file, "#t=30")
    shown.page.keyboard.press("2")
    shown.page.locator('.map [data-node="taken"]').click()
    shown.page.locator("#mattered").click()
    said = shown.page.locator("#verdict").inner_text()
    transformer = Transformer(weights)
    mattered = 0
    with torch.inference_mode():
        for p in range(len(prompt.numbers) - 1, len(tokens) - 1):
            # `taken` is written by the last neurons alone: it is enough to cut the stream after the last layer.
            stream = transformer.residual(torch.as_tensor(tokens[: p + 1], dtype=torch.long))[-1].clone()
            stream[wire] = 0
            mattered += int((transformer.unembedding @ stream).argmax()) != tokens[p + 1]
    assert said == f"It mattered to {mattered} of {len(trace)} tokens." and mattered > 0
    shown.page.locator('.map [data-node="A cell"]').click()
    assert shown.page.locator("table.matrix").count() == 3


def test_what_if_a_token_were_another(show: Show, pages: Pages) -> None:
    made, file = pages("machines/parity.ptm", "1011")
    prompt, trace = made.recording.prompt, made.recording.trace
    words = prompt.machine.vocabulary
    tokens = np.concatenate([prompt.numbers, trace])
    # The first bit of the input that is written becomes 0.
    place = max(i for i, n in enumerate(prompt.numbers) if str(words[int(n)]) == "A1")
    tokens[place] = next(i for i, t in enumerate(words) if str(t) == "A0")
    with torch.inference_mode():
        logits = Transformer(prompt.machine.weights)(torch.as_tensor(tokens[:-1], dtype=torch.long))
    first = len(prompt.numbers)
    differ = np.flatnonzero(logits.argmax(1).numpy()[first - 1 :] != trace)
    shown = show(file, f"#p={place}")
    shown.page.keyboard.press("3")
    shown.page.locator("#if-token").fill("A0")
    shown.page.locator("#if-token-go").click()
    said = shown.page.locator(".verdict").inner_text()
    now = words[int(logits[first - 1 + differ[0]].argmax())]
    assert f"token {differ[0] + 1} is {now}, not {words[int(trace[differ[0]])]}" in said
    shown.page.locator("#if-open").click()
    shown.page.wait_for_function(f"punchtape.app.selected === {first + int(differ[0])}")
    assert "With the change" in shown.page.locator("#panel").inner_text()
    shown.page.locator("#banner button").click()
    assert shown.page.locator("#banner").is_hidden()


def test_what_if_a_weight_or_the_type_were_another(show: Show, pages: Pages) -> None:
    _, file = pages("machines/parity.ptm", "1011")
    shown = show(file, "#t=5")
    page = shown.page
    page.keyboard.press("3")
    unit = page.locator("#if-unit")
    unit.select_option(label="head A cell: value")
    page.locator("#if-weight").fill("0")
    page.locator("#if-weight-go").click()
    page.locator(".verdict").wait_for()
    assert "tokens are the same, then token" in page.locator(".verdict").inner_text()
    page.locator("#if-weight").fill("much")
    page.locator("#if-weight-go").click()
    assert "much is not a number" in page.locator("fieldset [role=alert]").all_inner_texts()
    page.locator("#if-single").click()
    page.wait_for_function("document.querySelector('.verdict')?.textContent.includes('float32')")


@pytest.mark.parametrize(
    ("positions", "said"),
    [
        (None, "1 token is the same, then token 2 is :, not AR"),
        (16_384, "no token differs, all 183 are decided the same"),
    ],
)
def test_what_if_all_were_float32(show: Show, tmp_path: Path, positions: int | None, said: str) -> None:
    """Built for 134 million positions, the machine fails in float32; built for 16,384 it does not."""
    prompt = compile_file(PROGRAMS / "machines" / "parity.ptm").with_input("1011")
    prompt = prompt if positions is None else prompt.telling_apart(positions)
    shown = show(explore(prompt, engine="reference").save(tmp_path / "parity.html"), "#t=5")
    page = shown.page
    page.keyboard.press("3")
    page.locator("#if-single").click()
    page.locator(".verdict").wait_for()
    assert said in page.locator(".verdict").inner_text()
    if positions is None:
        page.locator("#if-open").click()
        page.wait_for_function(f"punchtape.app.selected === {len(prompt.numbers) + 1}")
        assert "With the change: :" in page.locator("#panel").inner_text()


def test_space_and_time(show: Show, pages: Pages) -> None:
    made, file = pages("machines/bb4.tm", window=400)
    shown = show(file, "#t=200")
    shown.page.keyboard.press("4")
    canvas = shown.page.locator("canvas.space")
    assert canvas.get_attribute("aria-label").endswith("cells")
    canvas.click(position={"x": 5, "y": 3})
    # The first write of the picture is the first of the run to the heap.
    writes = reading(made.recording.prompt).story(made.recording.prompt, made.recording.trace).writes
    place = next(write.position for write in writes if write.cell.startswith("heap"))
    shown.page.wait_for_function(f"punchtape.app.selected === {place}")
    shown.ready()
    assert shown.page.locator("#memory .new").count() == 1


@pytest.mark.parametrize(
    ("name", "input_text", "kinds"),
    [("machines/reverse.bf", "abcdef", ["cells of the heap"]), ("machines/parity.ptm", "1011", ["tape A"])],
)
def test_tapes_against_time(show: Show, pages: Pages, name: str, input_text: str, kinds: list[str]) -> None:
    """What is offered, and that each has as many writes and cells as the trace says."""
    made, file = pages(name, input_text, window=400)
    story = reading(made.recording.prompt).story(made.recording.prompt, made.recording.trace)
    shown = show(file)
    shown.page.keyboard.press("4")
    choice = shown.page.locator("#panel select")
    assert set(kinds) <= set(choice.locator("option").all_inner_texts())
    for kind in kinds:
        choice.select_option(label=kind)
        prefix = "heap " if kind.endswith("heap") else kind[-1]
        numbers = [int(w.cell.removeprefix(prefix)) for w in story.writes if w.cell.startswith(prefix)]
        cells = max(numbers) - min(numbers) + 1
        label = shown.page.locator("canvas.space").get_attribute("aria-label")
        assert label == f"{len(numbers)} writes to {cells} cells" and cells > 3


def test_on_a_phone(show: Show, pages: Pages) -> None:
    _, file = pages("collatz.py", "6", window=400)
    shown = show(file, "#t=100", viewport={"width": 390, "height": 800}, bypass_csp=False)
    assert shown.page.locator("#panel").is_visible() and not shown.page.locator("#source").is_visible()
    shown.page.locator('[data-show="program"]').click()
    assert shown.page.locator("#source .row.here").is_visible()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_page_is_small_and_the_same_each_time() -> None:
    prompt = compile_file(Path(__file__).resolve().parents[2] / "programs/queens.py").with_input("8")
    page = explore(prompt, engine="reference", max_tokens=10_000)
    assert len(page.recording.trace) == 10_000
    assert len(page.html) < 2_000_000
    small = compile_program("print(1)")
    assert explore(small).html == explore(small).html


def test_a_window_goes_on_from_a_snapshot(show: Show, pages: Pages, tmp_path: Path) -> None:
    prompt = compile_file(Path(__file__).resolve().parents[2] / "programs/hanoi.py").with_input("5")
    whole = record(prompt, engine(prompt))
    part = record(prompt, engine(prompt), around=1000, window=200)
    assert 890 <= part.skipped <= 910
    assert part.trace.tolist() == whole.trace[part.skipped : part.skipped + 200].tolist()
    assert part.strip is not None and part.strip.tokens == len(whole.trace)
    page = explore(prompt, engine="reference", around=1000, window=200)
    shown = show(page.save(tmp_path / "part.html"))
    assert shown.page.locator("#number").input_value() == "1000"
    assert "They go on from a prompt with the cells as they were" in shown.page.locator("body").inner_text()
    with pytest.raises(NoPage, match="no token 10,000,000"):
        record(prompt, engine(prompt), around=10_000_000)


def engine(prompt: Any) -> Any:
    from interpreter.engines import create

    return create("reference", prompt.machine)


def test_what_has_no_page() -> None:
    from punchtape import run

    result = run(compile_program("print(1)"))
    assert "Prompt" not in explore(result).title
    assert "<iframe" in explore(result)._repr_html_()


def test_screenshots(show: Show, pages: Pages, tmp_path: Path) -> None:
    """The picture of the README; PUNCHTAPE_SCREENSHOTS=1 (`make screenshots`) puts it where it belongs."""
    _, file = pages("collatz.py", "27", around=100)
    shown = show(file, viewport={"width": 1280, "height": 800})
    assert shown.page.locator("#number").input_value() == "100"
    folder = DOCS if os.environ.get("PUNCHTAPE_SCREENSHOTS") else tmp_path
    picture = shown.page.screenshot(path=folder / "explorer.png")
    # As large as the one that the page of the documentation shows: width and height stand in the header.
    assert picture[16:24] == (DOCS / "explorer.png").read_bytes()[16:24]


def test_the_clicks_that_the_documentation_names(show: Show, pages: Pages) -> None:
    """*Why is token 100 of the Collatz run what it is?* in `docs/explorer.md`, step by step."""
    _, file = pages("collatz.py", "27", around=100)
    shown = show(file, "#t=1")
    page = shown.page
    page.locator("#number").fill("100")
    page.locator("#number").press("Enter")
    shown.ready()
    assert page.locator("#panel .chip.big").inner_text() == "L(601)"
    lede = page.locator("#panel .lede").inner_text()
    for part in ("s0 of frame 4 is now 601", "in the library, for line 3"):
        assert part in lede
    opcode = page.locator("#panel .head", has=page.get_by_role("button", name="opcode", exact=True)).first.inner_text()
    assert "asks for the opcode of instruction 54" in opcode
    group = page.locator("#panel .head", has=page.get_by_role("button", name="group x", exact=True)).first
    assert "the latest write of cell s0 of frame 3, group 0" in group.inner_text()
    looked = group.locator(".chip").first
    assert looked.inner_text() == "L(601)"
    place = int(looked.get_attribute("data-p"))
    looked.click()
    shown.ready()
    assert shown.selected == place < page.evaluate("punchtape.app.run.positionOf(100)")


def test_a_weight_of_the_embedding_can_be_changed(show: Show, pages: Pages) -> None:
    """By clicking: whose token, which wire, and what it were."""
    _, file = pages("machines/parity.ptm", "1011")
    shown = show(file, "#t=5")
    page = shown.page
    page.keyboard.press("3")
    page.locator("#if-unit").select_option(label="embedding of a token")
    page.locator("#if-weight-token").fill("A1")
    page.locator("#if-weight-token").press("Tab")
    page.locator("#if-entry").select_option(label="wire A1: 1")
    page.locator("#if-weight").fill("0")
    page.locator("#if-weight-go").click()
    page.locator(".verdict").wait_for()
    said = page.locator(".verdict").inner_text()
    assert "the weight of A1 in embedding of A1 is 0, not 1" in said and "the same, then token" in said
