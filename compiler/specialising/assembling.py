"""From a graph whose first position stands for a prompt to weights like any other."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np

from compiler.circuits import Circuit, Form, Weights, in_form
from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE, Computed
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.heads import Head, Latest
from compiler.circuits.weights import TokenTables
from compiler.specialising.graph import Graph, in_order, value_wire

_FIRST = Expression({FIRST: 1}, {})


def assembled(graph: Graph, name: str, first: int, tokens: Sequence[int], form: Form = "stacked") -> Weights:
    """The weights.

    Args:
        name: of the machine.
        first: the number of the token that stands first, for the prompt.
        tokens: those that are kept, by their numbers; with `first` among them.
    """
    graph = _standing(graph, first)
    circuit: Circuit[Hashable] = Circuit(name, range(len(tokens)), graph.max_tokens)
    # All that is asked of a token is in the tables.
    circuit.features = dict.fromkeys(graph.features, hash)
    circuit.heads = list(graph.heads)
    circuit.computed = [Computed(wire, Expression({}, neurons)) for wire, neurons in graph.computed.items()]
    circuit.logits = [(Expression({wire: 1}, {}), hash) for wire in graph.logits]
    numbers = list(tokens)
    tables = TokenTables(*(
        np.stack([column[numbers] for column in columns.values()], 1) if columns else np.zeros((len(numbers), 0))
        for columns in (graph.features, graph.logits)
    ))  # fmt: skip
    return in_form(circuit, tables, form)


def _standing(graph: Graph, first: int) -> Graph:
    """With terms that are there at the first position only, so that heads find there what stands for the prompt."""
    there = at_first(graph, first)

    def corrected(e: Expression, wanted: float) -> Expression:
        found = sum(c * there[w] for w, c in e.wires.items())
        return e if found == wanted else e + (wanted - found) * _FIRST

    def standing(head: Head) -> Head:
        stand_in = graph.stand_ins[head.name]
        values = {name: corrected(e, stand_in.values[name]) for name, e in head.values.items()}
        pattern = head.pattern
        if isinstance(pattern, Latest):
            pattern = replace(
                pattern,
                match=tuple((q, corrected(k, 0)) for q, k in pattern.match),
                eligible=corrected(pattern.eligible, stand_in.eligible),
                key_square=corrected(pattern.key_square, 0),
            )
        return Head(head.name, pattern, values)

    return replace(graph, heads=tuple(map(standing, graph.heads)))


def at_first(graph: Graph, first: int) -> dict[Wire, float]:
    """What every wire carries at the first position: heads see nothing else there, and bring what stands there."""
    there = {ONE: 1.0, POSITION: 0.0, SQUARE: 0.0, PARITY: 1.0, FIRST: 1.0}
    there |= {wire: float(column[first]) for wire, column in graph.features.items()}

    def read(e: Expression) -> float:
        return float(sum(c * there[w] for w, c in e.wires.items()))

    for item in in_order(graph):
        if isinstance(item, Head):
            there |= {value_wire(item, name): graph.stand_ins[item.name].values[name] for name in item.values}
        else:
            neurons = graph.computed[item].items()
            there[item] = sum(c * max(read(n.gate), 0.0) * read(n.value) for n, c in neurons)
    return there
