"""A circuit as a picture: a row for each wire, a column for each head and each gate, in the order of the layers.

A wire is a line from where it is written to where it is read last: the residual stream, as music is written. A bar on
it says that the column writes it; dots, that the column reads it: heads by query, key or value, gates by gate or value
(`relu(gate) * value`). It is read off the tensors; the looped form is drawn as it is laid out in time.

Of a large machine wires of one family share a row: the values of a head, or wires that are written in the same place
and whose names begin with the same word; and gates that write the same row share a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from compiler.circuits.heads import At, Latest, Mean, Offset, Pattern, Previous
from compiler.circuits.unrolled import unrolled
from compiler.circuits.weights import Array, LayerWeights, Weights
from interpreter.drawing.svg import BANDS, BLUE, FAINT, GREEN, INK, ORANGE, Picture

LARGEST = 60
"""Wires that are drawn each on a row of its own, if nothing else is asked for."""
READS = {"query": BLUE, "key": ORANGE, "value": GREEN}
"""Ways to read a wire, and their colours; the gate of a neuron is drawn as a query."""

_STEP, _ROW, _LEFT = 20, 15, 210


@dataclass(frozen=True)
class Column:
    """A head, the gates that write the same wires, or the two ends: tokens and positions, and logits.

    Attributes:
        layer: from 1; 0 for what is embedded; one more than there are for the logits.
        reads: by `READS`, the wires that are read; writes: those that are written.
    """

    layer: int
    part: str
    name: str
    detail: str
    reads: dict[str, frozenset[int]]
    writes: frozenset[int]

    @property
    def touched(self) -> frozenset[int]:
        """All wires that it reads or writes."""
        return self.writes.union(*self.reads.values())


@dataclass(frozen=True)
class Row:
    """Wires on one line."""

    name: str
    wires: tuple[str, ...] = field(default_factory=tuple)


def columns_of(weights: Weights) -> list[Column]:
    """A column for each head, and for all neurons that write the same wires, of stacked weights."""
    columns = [
        Column(0, "embedding", "token", "what the embedding of a token sets", {}, _non_zero(weights.embedding)),
        Column(0, "embedding", "position", "what the position sets", {}, _non_zero(weights.positional)),
    ]
    for number, layer in enumerate(weights.layers, start=1):
        columns += [_head(number, layer, h) for h in range(len(layer.query))]
        columns += _gates(number, layer, [wire.name for wire in weights.wires])
    read = {"value": _non_zero(weights.unembedding)}
    return [
        *columns,
        Column(len(weights.layers) + 1, "logits", "logits", "what the unembedding reads", read, frozenset()),
    ]


def meaning(pattern: Pattern) -> str:
    """Where a head looks, in a word or two."""
    match pattern:
        case Mean():
            return "mean of all"
        case Previous():
            return "the position before"
        case At():
            return "a position"
        case Offset(distance):
            return f"{distance} back"
        case Latest(match=match):
            return f"the latest, by {_counted(len(match), 'key')}" if match else "the latest"
    raise AssertionError(pattern)


def circuit_svg(weights: Weights, grouped: bool | None = None) -> str:
    """The picture.

    Args:
        weights: of a machine; grouped: whether families share rows; if not said, they do in a machine of more than
            `LARGEST` wires.

    Raises:
        NotSettling: looped weights that do not come to rest have no layers.
    """
    form, passes = weights.form, weights.passes
    weights = unrolled(weights)
    columns, rows = columns_of(weights), [Row(wire.name, (wire.name,)) for wire in weights.wires]
    columns, rows = _in_order(columns, rows)
    if grouped or (grouped is None and len(rows) > LARGEST):
        columns, rows = _by_family(columns, rows)
    said = f"{weights.name}, {form}" + (f", {passes} passes laid out in time" if form == "looped" else "")
    return _drawn(columns, rows, said)


def _non_zero(matrix: Array) -> frozenset[int]:
    """The wires of a (·, d) matrix that it has to do with."""
    return frozenset(np.flatnonzero((matrix != 0).any(0)).tolist())


def _head(number: int, layer: LayerWeights, h: int) -> Column:
    reads = {"query": layer.query[h], "key": layer.key[h], "value": layer.value[h]}
    written = _non_zero(layer.output[h].T)
    found = {name: _non_zero(matrix) for name, matrix in reads.items()}
    return Column(number, "heads", layer.head_names[h], meaning(layer.patterns[h]), found, written)


def _gates(number: int, layer: LayerWeights, names: Sequence[str]) -> list[Column]:
    neurons: dict[frozenset[int], list[int]] = defaultdict(list)
    for neuron, column in enumerate(layer.down.T):
        neurons[frozenset(np.flatnonzero(column).tolist())].append(neuron)
    gates = []
    for writes, chosen in neurons.items():
        read = {"query": _non_zero(layer.gate[chosen]), "value": _non_zero(layer.up[chosen])}
        name = ", ".join(names[wire] for wire in sorted(writes))
        gates.append(Column(number, "gates", name, _counted(len(chosen), "neuron"), read, writes))
    return gates


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count > 1 else ''}"


def _in_order(columns: list[Column], rows: list[Row]) -> tuple[list[Column], list[Row]]:
    """Rows in the order in which they are first written."""
    first = {wire: i for i, column in reversed(list(enumerate(columns))) for wire in column.writes}
    order = sorted(range(len(rows)), key=lambda wire: first.get(wire, len(columns)))
    place = {wire: row for row, wire in enumerate(order)}
    return [_moved(column, place) for column in columns], [rows[wire] for wire in order]


def _moved(column: Column, place: dict[int, int]) -> Column:
    def moved(wires: Iterable[int]) -> frozenset[int]:
        return frozenset(place[wire] for wire in wires)

    reads = {name: moved(wires) for name, wires in column.reads.items()}
    return replace(column, reads=reads, writes=moved(column.writes))


def _by_family(columns: list[Column], rows: list[Row]) -> tuple[list[Column], list[Row]]:
    """The same with families on a row each, and one column for all gates of a layer that write one row."""
    families: dict[object, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        families[_family(i, row.name, columns)].append(i)
    place = {wire: row for row, wires in enumerate(families.values()) for wire in wires}
    shared = [_shared([rows[wire] for wire in wires]) for wires in families.values()]
    merged: dict[object, Column] = {}
    for column in (_moved(column, place) for column in columns):
        gates = column.part == "gates" and len(column.writes) == 1
        key = (column.layer, column.writes) if gates else id(column)
        merged[key] = _together(merged[key], column, shared) if key in merged else column
    return list(merged.values()), shared


def _family(wire: int, name: str, columns: list[Column]) -> object:
    """What wires of one row have in common: the head or layer that writes them, and the first word of the name.

    What the embedding alone writes has that in common which reads it.
    """
    writers = [(column.layer, column.part) for column in columns if wire in column.writes]
    if writers and writers[0][1] == "embedding":
        return tuple(column.name for column in columns if wire in column.touched)
    by = [column.name for column in columns if wire in column.writes and column.part == "heads"]
    return by[0] if by else (*writers, name.partition(" ")[0])


def _shared(rows: list[Row]) -> Row:
    wires = tuple(row.name for row in rows)
    if len(wires) == 1:
        return Row(wires[0], wires)
    stems = {name.partition(".")[0] if "." in name else name.partition(" ")[0] for name in wires}
    name = stems.pop() if len(stems) == 1 else ", ".join(wires)
    return Row(f"{name if len(name) < 26 else name[:24] + '…'} ×{len(wires)}", wires)


def _together(column: Column, other: Column, rows: list[Row]) -> Column:
    reads = {name: column.reads[name] | other.reads[name] for name in column.reads}
    [row] = column.writes
    neurons = int(column.detail.split()[0]) + int(other.detail.split()[0])
    return replace(column, name=rows[row].name, detail=_counted(neurons, "neuron"), reads=reads)


def _drawn(columns: list[Column], rows: list[Row], said: str) -> str:
    picture = Picture(f"The circuit of {said}")
    place = [_LEFT + _STEP * (i + 2 * column.layer + (column.part == "gates")) for i, column in enumerate(columns)]
    top = 26 + 4.8 * max(len(_short(column)) for column in columns)
    bottom = top + _ROW * len(rows)
    _bands(picture, columns, place, top, bottom)
    for i, row in enumerate(rows):
        y = top + _ROW * (i + 0.5)
        touching = [x for x, column in zip(place, columns) if i in column.touched]
        line = picture.group(", ".join(row.wires), class_="wire")
        picture.text(line, _LEFT - 14, y + 3.5, row.name, 10, "end")
        if touching:
            picture.line(line, touching[0], y, touching[-1], y, FAINT)
    for x, column in zip(place, columns):
        drawn = picture.group(f"{column.name}: {column.detail}", class_=column.part, data_name=column.name)
        picture.text(drawn, x + 4, top - 8, _short(column), 10, turn=-55)
        for i in sorted(column.writes):
            picture.rect(drawn, x - 2, top + _ROW * i + 2, 4, _ROW - 4, INK, 1)
        for offset, (kind, colour) in zip((-6, 6, 0), READS.items()):
            for i in sorted(column.reads.get(kind, ())):
                picture.dot(drawn, x + offset, top + _ROW * (i + 0.5), 2.6, colour)
    _legend(picture, said, bottom + 24)
    return picture.finished(max(place[-1] + 3.4 * len(_short(columns[-1])) + 60, 620), bottom + 62)


def _short(column: Column) -> str:
    name = column.name if len(column.name) < 24 else f"{column.name[:22]}…"
    return f"{name} ({column.detail})" if column.part == "heads" else name


def _bands(picture: Picture, columns: list[Column], place: list[int], top: float, bottom: float) -> None:
    """A band for the heads of each layer and one for its gates, with their names."""
    for layer, part in dict.fromkeys((column.layer, column.part) for column in columns):
        if part in ("heads", "gates"):
            inside = [x for x, column in zip(place, columns) if (column.layer, column.part) == (layer, part)]
            band = picture.group(class_="band")
            width = inside[-1] - inside[0] + _STEP
            picture.rect(band, inside[0] - _STEP / 2, top - 4, width, bottom - top + 8, BANDS[part], 4)
            picture.text(band, inside[0] - 8, bottom + 14, f"{layer}" if width < 70 else f"{layer}, {part}", 10)


def _legend(picture: Picture, said: str, y: float) -> None:
    legend = picture.group(class_="legend")
    picture.text(legend, 14, y + 4, said, 11)
    picture.rect(legend, 14, y + 14, 4, 11, INK, 1)
    picture.text(legend, 24, y + 23, "writes", 10)
    meanings = ("reads: query of a head, gate of neurons", "key of a head", "value")
    for x, colour, text in zip((80, 292, 380), READS.values(), meanings):
        picture.dot(legend, x, y + 19.5, 3, colour)
        picture.text(legend, x + 8, y + 23, text, 10)
