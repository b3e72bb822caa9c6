"""Machines that show the transformer a window of the trace: the page shows the same, token by token, and what if."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compiler.machines.machine import Context, Machine, Window
from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.explorer.exploring import NoPage, Page, explore
from interpreter.model.transformer import Transformer
from punchtape import compile_file

Show = Callable[..., Any]
PROGRAMS = Path(__file__).resolve().parents[2] / "programs" / "machines"
ALL = {"lag": "increment.tm", "post": "increment.tm", "turingformer": "bb4.tm", "coin": "walk.coin"}
CUT = ("lag", "turingformer")
"""Those whose transformer would see more without its window."""

DECIDED = """({ tokens, from }) => {
    const { app, engineFor } = punchtape;
    const engine = engineFor(app.run);
    const decided = [];
    tokens.forEach((token, p) => {
        const x = engine.append(token);
        if (p >= from) decided.push(engine.next(x));
    });
    return decided;
}"""
OPENED = """(position) => {
    const { app } = punchtape;
    const { stream, seen, steps } = app.engine.open(position);
    return { stream: Array.from(stream), seen, weights: steps.map(({ heads }) => heads.map(({ weights }) => weights)) };
}"""
IF = """async ({ position, token }) => {
    const { app, variation } = punchtape;
    const { differs, after } = await variation(app.run, { token: [position, token] });
    return { differs, after };
}"""


def page_of(name: str) -> Page:
    construction = None if name == "coin" else name
    prompt = compile_file(PROGRAMS / ALL[name], construction=construction)
    return explore(prompt, engine="reference", max_tokens=300)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Page, Path]]:
    folder, kept = tmp_path_factory.mktemp("windows"), dict[str, tuple[Page, Path]]()

    def page(name: str) -> tuple[Page, Path]:
        if name not in kept:
            kept[name] = (found := page_of(name)), found.save(folder / f"{name}.html")
        return kept[name]

    return page


class Decoder:
    """Every token from what the window shows, by the PyTorch module."""

    def __init__(self, machine: Machine[Any]) -> None:
        self.machine = machine
        self.module = Transformer(machine.weights)

    def seen(self, prompt: list[int], trace: list[int]) -> list[int]:
        window = self.machine.window
        assert window is not None
        context = window.begin(prompt)
        for token in trace:
            context.append(token)
        return list(context.seen())

    def next(self, seen: list[int]) -> int:
        with torch.inference_mode():
            return int(self.module(torch.as_tensor(seen, dtype=torch.long))[-1].argmax())


@pytest.mark.parametrize("name", ALL)
def test_every_token_is_decided_from_the_window(show: Show, made: Any, name: str) -> None:
    page, file = made(name)
    machine, prompt, trace = page.recording.prompt.machine, page.recording.prompt.numbers, page.recording.trace
    tokens = np.concatenate([prompt, trace])
    shown = show(file)
    decided = shown.page.evaluate(DECIDED, {"tokens": tokens[:-1].tolist(), "from": len(prompt) - 1})
    assert decided == trace.tolist()
    decoder = Decoder(machine)
    assert (machine.cut is not None) == (name in CUT)
    for place in np.linspace(0, len(trace) - 2, 5).astype(int).tolist():
        seen = decoder.seen(prompt.tolist(), trace[: place + 1].tolist())
        assert decoder.next(seen) == trace[place + 1]
        if name not in CUT:
            continue
        position = len(prompt) + place
        shown.select(position + 1)
        opened = shown.page.evaluate(OPENED, position)
        assert tokens[opened["seen"]].tolist() == seen
        with torch.inference_mode():
            dense = decoder.module.activations(torch.as_tensor(seen, dtype=torch.long))
        np.testing.assert_allclose(opened["stream"], dense.residual[-1][-1].numpy(), rtol=1e-9, atol=1e-9)
        for step, heads in enumerate(opened["weights"]):
            for h, weights in enumerate(heads):
                # A position may be in a window twice.
                ours: dict[int, float] = {}
                for at, weight in zip(opened["seen"], dense.attention[step][h, -1].tolist()):
                    ours[at] = ours.get(at, 0.0) + weight
                theirs: dict[int, float] = {}
                for at, weight in weights:
                    theirs[at] = theirs.get(at, 0.0) + weight
                assert all(abs(theirs.get(at, 0.0) - weight) < 1e-12 for at, weight in ours.items())
        assert "The transformer sees" in shown.page.locator("#seen").inner_text()


@pytest.mark.parametrize("name", ALL)
def test_what_if_a_token_were_another_moves_the_window_as_well(show: Show, made: Any, name: str) -> None:
    page, file = made(name)
    machine, prompt, trace = page.recording.prompt.machine, page.recording.prompt.numbers, page.recording.trace
    decoder, first = Decoder(machine), len(prompt)
    place = len(trace) // 3
    # Another token of the trace, so that it fits.
    token = next(int(t) for t in trace if t != trace[place] and int(t) not in machine.halting)
    changed = [*trace[:place].tolist(), token]
    # The trace as it was up to the first token that is decided otherwise; then what is decided.
    differs, after = -1, list[int]()
    for p in range(place + 1, len(trace)):
        decided = decoder.next(decoder.seen(prompt.tolist(), changed))
        if decided != trace[p]:
            differs = first + p
            break
        changed.append(decided)
    if differs >= 0:
        while len(after) < 24 and not (after and after[-1] in machine.halting):
            after.append(decoder.next(decoder.seen(prompt.tolist(), changed)))
            changed.append(after[-1])
    found = show(file).page.evaluate(IF, {"position": first + place, "token": token})
    assert found == {"differs": differs, "after": after}
    assert differs >= 0 or name != "lag"


class OwnWindow:
    """What a user's machine may have."""

    size = 3

    def __init__(self, inner: Window) -> None:
        self.inner = inner

    def begin(self, prompt: Iterable[int]) -> Context:
        return self.inner.begin(prompt)


def test_a_window_with_rules_of_its_own_has_no_page() -> None:
    prompt = compile_file(PROGRAMS / "increment.tm", construction="lag")
    assert isinstance(prompt, TokenPrompt) and prompt.machine.window is not None
    machine = replace(prompt.machine, window=OwnWindow(prompt.machine.window))
    with pytest.raises(NoPage, match="through OwnWindow, which the page does not know"):
        explore(TokenPrompt(machine, "own", prompt.tokens), engine="reference", max_tokens=50)
