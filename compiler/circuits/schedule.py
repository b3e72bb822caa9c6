"""Which layer each head and neuron goes to: as early as what it reads allows.

Time is counted in half layers: layer l (from 1) attends at time 2l - 1 and runs its feed-forward part at
time 2l; the embedding is time 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compiler.circuits.circuit import Circuit
from compiler.circuits.expressions import Expression, Neuron, Wire
from compiler.circuits.heads import At, Head, Latest


@dataclass(frozen=True)
class Layer:
    """The heads and neurons that are computed at the same time, heads first."""

    heads: tuple[Head, ...]
    neurons: tuple[Neuron, ...]


@dataclass(frozen=True)
class Schedule:
    """`layers`, and for each wire the time from which it can be read."""

    layers: tuple[Layer, ...]
    ready: dict[Wire, int]


def schedule(circuit: Circuit[Any]) -> Schedule:
    """Places every head and neuron.

    Raises:
        ValueError: a wire is read that nothing writes, or wires depend on each other in a circle.
    """
    ready: dict[Wire, int] = {w: 0 for w in (*circuit.positional, *circuit.features)}
    head_time: dict[str, int] = {}
    neuron_time: dict[Neuron, int] = {}
    waiting: list[Any] = [*circuit.heads, *circuit.computed]
    while waiting:
        rest = []
        for item in waiting:
            if isinstance(item, Head):
                time = _earliest(head_reads(item), ready)
                if time is not None:
                    head_time[item.name] = odd = time + 1 if time % 2 == 0 else time + 2
                    ready |= {Wire(f"{item.name}.{name}"): odd for name in item.values}
                    continue
            else:
                times = {n: _earliest((n.gate, n.value), ready) for n in item.neurons.neurons}
                if all(time is not None for time in times.values()):
                    placed = {n: time + 2 - time % 2 for n, time in times.items() if time is not None}
                    neuron_time |= placed
                    ready[item.wire] = max(placed.values())
                    continue
            rest.append(item)
        if len(rest) == len(waiting):
            raise ValueError(f"cannot be placed, reads what is never written: {rest[0]}")
        waiting = rest

    depth = (max([*head_time.values(), *neuron_time.values(), 0]) + 1) // 2
    layers = tuple(
        Layer(
            tuple(h for h in circuit.heads if head_time[h.name] == 2 * number - 1),
            tuple(n for n, time in neuron_time.items() if time == 2 * number),
        )
        for number in range(1, depth + 1)
    )
    return Schedule(layers, ready)


def head_reads(head: Head) -> list[Expression]:
    """Every expression that the head reads, for queries, keys and values."""
    reads = list(head.values.values())
    match head.pattern:
        case At(query):
            reads.append(query)
        case Latest(match=coordinates, eligible=eligible, key_square=key_square, query_square=query_square):
            reads += [e for pair in coordinates for e in pair] + [eligible, key_square]
            reads += [query_square] if query_square is not None else []
    return reads


def _earliest(expressions: Any, ready: dict[Wire, int]) -> int | None:
    """The time at which all of them can be read, or None where one reads a wire not placed yet."""
    time = 0
    for expression in expressions:
        if not expression.is_linear:
            raise ValueError(f"give the neurons a wire of their own first: {expression}")
        for read in expression.wires:
            if read not in ready:
                return None
            time = max(time, ready[read])
    return time
