"""Pictures of attention: the arcs are the dense transformer's attention."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from interpreter.command_line import main
from interpreter.drawing.attention_picture import FAINTEST, attention_svg
from interpreter.model.transformer import Transformer
from tests.engines import echo_machine
from tests.export.subjects import PTM, RAM, RAM_LOOPED, Subject

SVG = "{http://www.w3.org/2000/svg}"


def strips(svg: str) -> dict[str, dict[tuple[int, int], float]]:
    """By head, the weights of the arcs, from where to where."""
    found = {}
    for group in ElementTree.fromstring(svg).findall(f"{SVG}g[@class='head']"):
        found[str(group.get("data-name"))] = {
            (int(arc.get("data-from", "")), int(arc.get("data-to", ""))): float(arc.get("data-weight", ""))
            for arc in group.findall(f"{SVG}path")
        }
    return found


def punch(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["draw", *arguments])


@pytest.mark.parametrize("subject", [RAM, PTM], ids=["ram", "ptm"])
def test_arcs_are_the_attention_of_the_dense_transformer(subject: Subject, tmp_path: Path) -> None:
    file, given = subject.program
    first, count = len(subject.numbers) - 2, 14
    result = punch(
        file, "--attention", "--input", given, "--from", str(first), "--tokens", str(count), *subject.options,
        "-o", str(tmp_path / "x.svg"),
    )  # fmt: skip
    assert (result.exit_code, result.output) == (0, "")
    tokens = (subject.numbers + subject.trace)[: first + count]
    weights = subject.machine.weights
    attention = Transformer(weights).activations(torch.tensor(tokens)).attention
    found = strips((tmp_path / "x.svg").read_text())
    assert list(found) == [name for layer in weights.layers for name in layer.head_names]
    for layer, pattern in zip(weights.layers, attention):
        for name, head in zip(layer.head_names, pattern.numpy()):
            drawn = np.zeros((count, len(tokens)))
            for (at, to), weight in found[name].items():
                drawn[at - first, to] = weight
            np.testing.assert_allclose(drawn, np.where(head[first:] >= FAINTEST, head[first:], 0), rtol=1e-5)


def test_a_mean_over_few_tokens_is_drawn() -> None:
    machine = echo_machine.machine()
    tokens = [int(n) for n in echo_machine.prompt([3, 7, 7])]
    svg = attention_svg(machine.weights, tokens, [f"t{n}" for n in tokens], 2, len(tokens))
    assert strips(svg)["mean"] == pytest.approx({(at, to): 1 / (at + 1) for at in (2, 3, 4) for to in range(at + 1)})


def test_the_looped_form_looks_where_the_stacked_one_does(tmp_path: Path) -> None:
    """As it is laid out in time; where two heads look alike, it has one."""
    found = []
    for subject in (RAM, RAM_LOOPED):
        file = str(tmp_path / f"{subject.form}.svg")
        assert punch(subject.program[0], "--attention", "--tokens", "8", *subject.options, "-o", file).exit_code == 0
        found.append(strips(Path(file).read_text()))
    stacked, looped = found
    assert looped.keys() <= stacked.keys() and len(looped) > 20
    assert all(looped[name].keys() == stacked[name].keys() for name in looped)


def test_a_window_past_the_end(tmp_path: Path) -> None:
    options = ("--attention", "--base", "100", "-o", str(tmp_path / "x.svg"))
    result = punch("example:gcd.ram", "--from", "5000", *options)
    assert result.exit_code == 2 and "the run has 178 tokens; choose an earlier one with --from" in result.stderr
