"""Pictures of circuits: everything that the tensors have is there, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from compiler.circuits import Weights
from compiler.machines import lag
from compiler.machines.constructions import construction
from compiler.machines.lag.system import parse
from compiler.machines.machine import Machine
from interpreter.command_line import main
from interpreter.drawing.circuit_picture import LARGEST, circuit_svg, columns_of
from tests.engines.echo_machine import machine as echo
from tests.engines.pairs import pairs

SVG = "{http://www.w3.org/2000/svg}"
MACHINES: dict[str, Machine[Any]] = {
    "echo": echo(),
    "pairs": pairs(),
    "lag": lag.machine(parse("a a: b\na b: a a\nb a: b\n")),
    "ram": construction("ram").machine(),
    "ptm": construction("ptm").machine(),
}


def groups(svg: str, kind: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f"{SVG}g[@class='{kind}']")


def title(group: ElementTree.Element) -> str:
    return group.findtext(f"{SVG}title", "")


@pytest.mark.parametrize("grouped", [None, True, False])
@pytest.mark.parametrize("name", MACHINES)
def test_every_head_and_every_wire_is_named(name: str, grouped: bool | None) -> None:
    weights = MACHINES[name].weights
    svg = circuit_svg(weights, grouped)
    heads = [head for layer in weights.layers for head in layer.head_names]
    assert [group.get("data-name") for group in groups(svg, "heads")] == heads
    for group in groups(svg, "heads"):
        assert str(group.findtext(f"{SVG}text")).startswith(str(group.get("data-name")))
    rows = [title(group).split(", ") for group in groups(svg, "wire")]
    assert sorted(wire for row in rows for wire in row) == sorted(wire.name for wire in weights.wires)
    assert (
        (len(rows) == len(weights.wires))
        if not grouped and len(weights.wires) <= LARGEST
        else grouped is False or (len(rows) < len(weights.wires))
    )


def marks(svg: str) -> int:
    """How many bars and dots there are."""
    kinds = ("embedding", "heads", "gates", "logits")
    return sum(len(g.findall(f"{SVG}rect")) + len(g.findall(f"{SVG}circle")) for k in kinds for g in groups(svg, k))


def test_marks_are_what_the_tensors_have() -> None:
    weights = MACHINES["pairs"].weights
    tensors = [weights.embedding, weights.positional, weights.unembedding]
    expected = sum(np.count_nonzero((t != 0).any(0)) for t in tensors)
    for layer in weights.layers:
        expected += sum(int((t != 0).any(1).sum()) for t in (layer.query, layer.key, layer.value))
        expected += int((layer.output != 0).any(2).sum())
        for targets in {tuple(np.flatnonzero(neuron)) for neuron in layer.down.T}:
            chosen = [i for i, neuron in enumerate(layer.down.T) if tuple(np.flatnonzero(neuron)) == targets]
            expected += len(targets) + sum(int((t[chosen] != 0).any(0).sum()) for t in (layer.gate, layer.up))
    assert marks(circuit_svg(weights)) == expected


def test_a_weight_that_is_taken_away_is_not_drawn() -> None:
    weights = pairs().weights
    before = marks(circuit_svg(weights))
    [row] = {int(i) for i in np.flatnonzero((weights.layers[0].key[1] != 0).any(0))[:1]}
    weights.layers[0].key[1, :, row] = 0
    assert marks(circuit_svg(weights)) == before - 1


def test_reads_come_after_writes() -> None:
    """A column reads what earlier ones have written: the order of the layers."""
    for machine in MACHINES.values():
        written: set[int] = set()
        columns = columns_of(machine.weights)
        for layer, part in dict.fromkeys((column.layer, column.part) for column in columns):
            together = [column for column in columns if (column.layer, column.part) == (layer, part)]
            assert all(reads <= written for column in together for reads in column.reads.values())
            written |= {wire for column in together for wire in column.writes}


def test_the_looped_form_is_laid_out() -> None:
    from dataclasses import replace

    looped: Weights = replace(echo(), form="looped").weights
    svg = circuit_svg(looped)
    assert sorted(str(g.get("data-name")) for g in groups(svg, "heads")) == sorted(looped.layers[0].head_names)
    assert "echo, looped" in svg


def test_the_command(tmp_path: Path) -> None:
    for options, rows in ((("--machine", "ptm"), 60), (("--machine", "ptm", "--all"), 104)):
        result = CliRunner().invoke(main, ["draw", *options, "-o", str(tmp_path / "x.svg")])
        assert (result.exit_code, result.output) == (0, "")
        found = len(groups((tmp_path / "x.svg").read_text(), "wire"))
        assert found == rows if rows == 104 else found < rows
    for arguments, message in (
        (["example:gcd"], "FILE and --attention go together"),
        (["--attention"], "FILE and --attention go together"),
        (["--machine", "rum"], "there is no machine 'rum'"),
    ):
        result = CliRunner().invoke(main, ["draw", *arguments, "-o", str(tmp_path / "y.svg")])
        assert result.exit_code == 2 and message in result.stderr and not (tmp_path / "y.svg").exists()
