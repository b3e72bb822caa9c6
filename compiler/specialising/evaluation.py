"""What every wire of a graph carries at every position of a prompt: attention in closed form, in float64.

The patterns of heads say what the softmax finds (`compiler.circuits.heads`). Where nothing matches, and no default is
there, what a head brings is not known: NaN, which a closed gate hides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.heads import At, Head, Latest, Mean, Offset, Previous
from compiler.circuits.weights import Array
from compiler.machines.specialised.specialised import NotSpecialisable
from compiler.specialising.graph import Graph, Neurons, in_order, value_wire

Found = npt.NDArray[np.int64]
"""For each position the one that a head finds, -1 where that is not known."""


def evaluated(graph: Graph, tokens: Sequence[int]) -> dict[Wire, Array]:
    """(n,) for each wire.

    Raises:
        NotSpecialisable: a head attends in a way that is not covered here.
    """
    numbers = np.asarray(tokens, dtype=np.int64)
    p = np.arange(len(numbers), dtype=np.float64)
    wires: dict[Wire, Array] = {
        ONE: np.ones(len(p)),
        POSITION: p,
        SQUARE: p * p,
        PARITY: 1 - 2 * (p % 2),
        FIRST: (p == 0).astype(np.float64),
    }
    wires |= {wire: column[numbers] for wire, column in graph.features.items()}
    for item in in_order(graph):
        if isinstance(item, Head):
            for name, value in item.values.items():
                wires[value_wire(item, name)] = attended(graph, item, read(value, wires), wires)
        else:
            wires[item] = neurons_evaluated(graph.computed[item], wires)
    return wires


def read(expression: Expression, wires: Mapping[Wire, Array]) -> Array:
    """The value of a linear expression at every position."""
    total: Array = np.zeros(len(wires[ONE]))
    for w, c in expression.wires.items():
        if w not in wires:
            raise NotSpecialisable(f"positions are read digit by digit ({w.name!r}), and so cannot be counted anew")
        total = total + c * wires[w]
    return total


def neurons_evaluated(neurons: Neurons, wires: Mapping[Wire, Array]) -> Array:
    """A sum of neurons at every position."""
    total: Array = np.zeros(len(wires[ONE]))
    for neuron, c in neurons.items():
        gate = read(neuron.gate, wires)
        total = total + c * np.where(gate <= 0, 0.0, gate * read(neuron.value, wires))
    return total


def attended(graph: Graph, head: Head, value: Array, wires: Mapping[Wire, Array]) -> Array:
    """What a head brings of a value."""
    match head.pattern:
        case Mean():
            return np.asarray(np.cumsum(value) / (wires[POSITION] + 1))
        case Offset(distance):
            return np.concatenate([np.zeros(min(distance, len(value))), value[: max(len(value) - distance, 0)]])
    at = found(graph, head, wires)
    return np.where(at >= 0, value[np.maximum(at, 0)], np.nan)


def found(graph: Graph, head: Head, wires: Mapping[Wire, Array]) -> Found:
    """Which position a head finds that finds one."""
    here = np.arange(len(wires[ONE]))
    match head.pattern:
        case Previous():
            return np.maximum(here - 1, 0)
        case At(query):
            asked = read(query, wires)
            nearest = np.round(np.nan_to_num(asked, nan=-1.0))
            unknown = np.isnan(asked) | (np.abs(asked - nearest) > 0.375)
            return np.where(unknown, -1, np.clip(nearest, 0, here)).astype(np.int64)
        case Latest(match=match, eligible=eligible, query_square=square, recent=True, within=None):
            offered = read(eligible, wires)
            keys, queries = ([read(pair[i], wires).tolist() for pair in match] for i in (1, 0))
            keyed = list(zip(*keys)) if match else [()] * len(here)
            return _latest(offered, keyed, list(zip(*queries)) if match else keyed, square is not None)
    raise NotSpecialisable(f"head {head.name!r} attends in a way that specialising does not know: {head.pattern}")


def _latest(offered: Array, keys: Sequence[object], queries: Sequence[object], default: bool) -> Found:
    last: dict[object, int] = {}
    at = np.full(len(keys), -1, dtype=np.int64)
    for p, (key, query, flag) in enumerate(zip(keys, queries, offered.tolist())):
        if flag == 1:
            last[key] = p
        own = p if not default and flag == 0 and key == query else -1
        at[p] = last.get(query, 0 if default else own)
    return at
