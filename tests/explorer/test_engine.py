"""The engine of the page beside the PyTorch module: every token, every wire, every head, every neuron."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from compiler.circuits import Circuit
from compiler.machines.machine import Machine, Prompt
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ram import Layout
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.engines import create
from interpreter.engines.engine import Tokens
from interpreter.explorer.weights import expression_text, plain_weights, runs
from interpreter.model.transformer import Transformer
from interpreter.strategies.ptm import ptm_programs
from interpreter.strategies.ram import ram_programs

ENGINE = Path(__file__).resolve().parents[2] / "interpreter" / "explorer" / "assets" / "engine.js"
SMALL = Layout(base=10, max_depth=5)
MEANS = 1e-9
"""What a wire that comes from a mean may be off by, as a part of it: the sums are not in the same order."""


@pytest.fixture(scope="module")
def engine(browser: Any) -> Iterator[Any]:
    """A page in which there is `engine.js` and nothing else."""
    page = browser.new_page()
    source = ENGINE.read_text(encoding="utf-8")
    page.evaluate(
        """async (source) => {
            globalThis.module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
        }""",
        source,
    )
    yield page
    page.close()


COMPUTE = """({ plain, size, tokens, prompt, open }) => {
    const { Engine, unpacked } = module;
    const engine = new Engine(unpacked(plain, size));
    const decided = [];
    tokens.slice(0, -1).forEach((token, position) => {
        const x = engine.append(token);
        if (position >= prompt - 1) decided.push(engine.next(x));
    });
    const opened = open.map((position) => {
        const { steps, stream } = engine.open(position);
        return {
            streams: [steps[0].before, ...steps.map(({ after }) => after)].map((x) => Array.from(x)),
            weights: steps.map(({ heads }) => heads.map((head) => head.weights)),
            fired: steps.map(({ fired }) => fired.map(({ n, hidden }) => [n, hidden])),
            next: engine.next(stream),
        };
    });
    return { decided, opened };
}"""


def plain(machine: Machine[Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(plain_weights(machine.weights)))
    return made


def check(page: Any, machine: Machine[Any], prompt: Tokens, trace: Tokens, weights: Any = None) -> None:
    """The page's engine and the module agree on this run; wires and attention are compared at some positions.

    weights: what the page is given, if not the weights of the machine.
    """
    tokens = np.concatenate([prompt, trace])
    places = sorted({int(p) for p in np.linspace(0, len(tokens) - 2, 12)})
    run = {
        "plain": weights or plain(machine),
        "size": len(machine.vocabulary),
        "tokens": tokens.tolist(),
        "open": places,
    }
    found = page.evaluate(COMPUTE, run | {"prompt": len(prompt)})
    assert found["decided"] == trace.tolist()
    with torch.inference_mode():
        dense = Transformer(machine.weights).activations(torch.as_tensor(tokens[:-1], dtype=torch.long))
    inexact = from_means(machine)
    for place, opened in zip(places, found["opened"]):
        for step, stream in enumerate(opened["streams"]):
            ours = dense.residual[step][place].numpy()
            differ = np.flatnonzero(np.array(stream) != ours)
            assert set(differ) <= inexact, [machine.weights.wires[j] for j in set(differ) - inexact]
            np.testing.assert_allclose(stream, ours, rtol=MEANS, atol=MEANS)
        for step, heads in enumerate(opened["weights"]):
            for h, weights in enumerate(heads):
                arcs = np.zeros(place + 1)
                arcs[[int(k) for k, _ in weights]] = [w for _, w in weights]
                np.testing.assert_allclose(arcs, dense.attention[step][h, place, : place + 1].numpy(), atol=1e-12)
        for step, fired in enumerate(opened["fired"]):
            hidden = np.zeros(dense.neurons[step].shape[1])
            hidden[[n for n, _ in fired]] = [value for _, value in fired]
            np.testing.assert_allclose(hidden, dense.neurons[step][place].numpy(), rtol=MEANS, atol=1e-6)
        assert opened["next"] == tokens[place + 1] or place + 1 < len(prompt)


def from_means(machine: Machine[Any]) -> set[int]:
    """Wires that heads with the pattern `Mean` write, and those that neurons make of them alone: counts of tokens."""
    weights = machine.weights
    means = {
        int(j)
        for layer in weights.layers
        for h, pattern in enumerate(layer.patterns)
        if type(pattern).__name__ == "Mean"
        for j in np.flatnonzero(layer.output[h].any(1))
    }
    counts = {
        int(j)
        for layer in weights.layers
        for n in range(len(layer.gate))
        if means & set(np.flatnonzero(layer.up[n]).tolist())
        for j in np.flatnonzero(layer.down[:, n])
    }
    return means | counts


def run_of(prompt: Prompt, most: int) -> Tokens:
    return np.concatenate([*create("reference", prompt.machine).decode(prompt.numbers, most)])


@pytest.mark.parametrize("form", ["stacked", "looped"])
def test_random_programs_of_the_ram(engine: Any, form: str) -> None:
    @settings(max_examples=3)
    @given(ram_programs(SMALL))
    def agrees(program: Any) -> None:
        prompt = RamPrompt(program).in_form(form)  # type: ignore[arg-type]
        check(engine, prompt.machine, prompt.numbers, run_of(prompt, 120))

    agrees()


@pytest.mark.parametrize("form", ["stacked", "looped"])
def test_random_programs_of_the_post_turing_machine(engine: Any, form: str) -> None:
    @settings(max_examples=3)
    @given(ptm_programs())
    def agrees(program: Any) -> None:
        prompt = PtmPrompt(program, "101").in_form(form)  # type: ignore[arg-type]
        check(engine, prompt.machine, prompt.numbers, run_of(prompt, 120))

    agrees()


def test_a_weight_that_is_wrong_is_seen(engine: Any) -> None:
    """The comparison can fail: here the page's engine has other weights than the module."""
    prompt = PtmPrompt(next(iter(programs())), "101")
    wrong = plain(prompt.machine)
    wrong["layers"][2]["heads"][0]["value"][0][1] += 1
    with pytest.raises(AssertionError):
        check(engine, prompt.machine, prompt.numbers, run_of(prompt, 40), wrong)


def programs() -> Iterator[Any]:
    from punchtape import compile_file

    parity = Path(__file__).resolve().parents[2] / "programs" / "machines" / "parity.ptm"
    yield compile_file(parity).program  # type: ignore[attr-defined]


def test_a_machine_of_ones_own(engine: Any) -> None:
    """Heads at fixed offsets, which see nothing at the beginning, and a head that cannot be looked up."""
    circuit: Circuit[int] = Circuit("own", list(range(6)))
    value = circuit.feature("value", lambda token: token)
    (before,) = circuit.offset("before", 2, value=value)
    (most,) = circuit.latest("most", eligible=circuit.one, match=[(value, value)], key_square=None, at=circuit.position)
    circuit.logit(before + most / 64 + 1, lambda token: 2 * token)
    circuit.logit(-1 * circuit.one, lambda token: token**2)
    machine = Machine("own", list(range(6)), circuit, halting=frozenset())
    prompt = np.array([1, 0, 3], dtype=np.int32)
    trace = np.concatenate([*islice(create("dense", machine).decode(prompt, 30), 30)])
    check(engine, machine, prompt, trace)


def test_float32_is_rounded(engine: Any) -> None:
    script = """({ plain, size }) => {
        const { Engine, unpacked } = module;
        const engine = new Engine(unpacked(plain, size), { single: true });
        for (let i = 0; i < 30; i += 1) engine.append(i % size);
        return Array.from(engine.open(29).stream);
    }"""
    prompt = PtmPrompt(next(iter(programs())), "1")
    stream = engine.evaluate(script, {"plain": plain(prompt.machine), "size": 23})
    assert stream == np.array(stream, dtype=np.float32).tolist()


def test_runs_and_expressions_as_text() -> None:
    assert runs(np.array([5, 5, 5, 0, 2, 2])) == [5, 3, 0, 1, 2, 2]
    assert runs(np.array([], dtype=int)) == []
    circuit: Circuit[int] = Circuit("texts", [0, 1])
    a, b = circuit.feature("a", int), circuit.feature("b", int)
    assert expression_text(4 * a - b + 1) == "4 a - b + 1"
    assert expression_text(-1 * a + 0.5) == "-a + 0.5"
    assert expression_text(a - a) == "0"


CHANGED = """({ plain, size, change, tokens }) => {
    const { Engine, unpacked } = module;
    const { withWeight, weightOf } = what;
    const model = unpacked(plain, size);
    const at = { ...change, value: undefined };
    const changed = withWeight(model, at, change.value);
    const engine = new Engine(changed);
    const streams = tokens.map((token) => Array.from(engine.logits(engine.append(token))));
    return { was: weightOf(model, at), is: weightOf(changed, at), logits: streams };
}"""


def weights_changed(machine: Machine[Any], at: dict[str, Any]) -> Any:
    """The weights with one of them changed, as `whatif.js` names it; and what it was."""
    weights, wire, row = machine.weights, at["wire"], at["row"]
    part, value = at["part"], at["value"]
    if part in ("embedding", "unembedding"):
        matrix = getattr(weights, part).copy()
        was, matrix[row, wire] = matrix[row, wire], value
        return replace(weights, **{part: matrix}), was
    if part == "positional":
        matrix = weights.positional.copy()
        was, matrix[row, wire] = matrix[row, wire], value
        return replace(weights, positional=matrix), was
    layer = weights.layers[at["step"]]
    if part == "neurons":
        matrix = getattr(layer, at["kind"]).copy()
        place = (wire, at["number"]) if at["kind"] == "down" else (at["number"], wire)
    else:
        matrix = getattr(layer, at["kind"]).copy()
        used = (layer.query[at["number"]] != 0).any(1) | (layer.key[at["number"]] != 0).any(1)
        if at["kind"] in ("value", "output"):
            used = layer.output[at["number"]].any(0)
        i = np.flatnonzero(used)[row]
        place = (at["number"], wire, i) if at["kind"] == "output" else (at["number"], i, wire)
    was, matrix[place] = matrix[place], value
    layers = list(weights.layers)
    layers[at["step"]] = replace(layer, **{at["kind"]: matrix})
    return replace(weights, layers=type(weights.layers)(layers)), was


@pytest.fixture(scope="module")
def changing(engine: Any) -> Any:
    """The same page with `withWeight` and `weightOf` of `whatif.js`."""
    source = (ENGINE.parent / "whatif.js").read_text(encoding="utf-8")
    source = re.sub(r"^import .*$", "", source, flags=re.MULTILINE)
    engine.evaluate(
        """async (source) => {
            globalThis.what = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
        }""",
        source,
    )
    return engine


@pytest.mark.parametrize("part", ["embedding", "unembedding", "positional", "heads", "neurons"])
def test_a_changed_weight_is_that_of_our_own_transformer(changing: Any, part: str) -> None:
    """Every part of the weights, at weights that are 0 and at others: the logits are those of the PyTorch module."""
    prompt = PtmPrompt(next(iter(programs())), "101")
    machine, random = prompt.machine, np.random.default_rng(len(part))
    weights = machine.weights
    tokens = np.concatenate([prompt.numbers, run_of(prompt, 60)])
    same = 0
    for trial in range(6):
        # Whole numbers: with a half, a head could be asked for a place between two positions, and rounding decides.
        at: dict[str, Any] = {"part": part, "value": float(random.choice([0, 2, -1, 3]))}
        at["wire"] = int(random.integers(len(weights.wires)))
        if part in ("embedding", "unembedding"):
            at["row"] = int(random.choice(tokens))
            if trial % 2:
                at["wire"] = int(random.choice(np.flatnonzero(getattr(weights, part)[at["row"]])))
        elif part == "positional":
            at["row"] = int(random.integers(len(weights.positional)))
            if trial % 2:
                at["wire"] = int(random.choice(np.flatnonzero(weights.positional[at["row"]])))
        else:
            at["step"] = int(random.choice([i for i, x in enumerate(weights.layers) if len(x.query) and len(x.gate)]))
            layer = plain(machine)["layers"][at["step"]]
            at["number"] = int(random.integers(len(layer[part])))
            unit = layer[part][at["number"]]
            at["kind"] = ("value", "output", "gate", "up", "down")[trial % 2 if part == "heads" else 2 + trial % 3]
            row = unit[at["kind"]][0] if part == "heads" else unit[("gate", "up", "down").index(at["kind"])]
            at["row"], at["wire"] = 0, int(row[0])
        changed, was = weights_changed(machine, at)
        run = {"plain": plain(machine), "size": len(machine.vocabulary), "change": at, "tokens": tokens.tolist()}
        found = changing.evaluate(CHANGED, run)
        assert (found["was"], found["is"]) == (was, at["value"])
        with torch.inference_mode():
            ours = Transformer(changed)(torch.as_tensor(tokens, dtype=torch.long)).numpy()
            before = Transformer(weights)(torch.as_tensor(tokens, dtype=torch.long)).numpy()
        np.testing.assert_allclose(found["logits"], ours, rtol=1e-9, atol=1e-6)
        same += bool(np.array_equal(ours, before))
    # Some of the changes can be seen.
    assert same < 6
