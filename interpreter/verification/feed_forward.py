"""The feed-forward parts: live neurons on live rows, and how unknown entries spread through them."""

from __future__ import annotations

from functools import reduce
from operator import or_

import torch
from torch import Tensor

from interpreter.verification.plan import FeedForwardPlan
from interpreter.verification.product import Product
from interpreter.verification.stream import Stream


class FeedForward:
    """`x += down @ (relu(gate @ x) * (up @ x))` on a stream, in place.

    A neuron is unknown where its gate or its up is, *unless* its gate is known and not above 0, or its up is known
    and 0: the neuron is then 0 whatever the unknown entries are.
    """

    def __init__(self, plan: FeedForwardPlan, device: torch.device) -> None:
        self.neurons, self.varying = plan.neurons, len(plan.up)
        self.gate = Product(plan.gate, plan.gate_rows.tolist(), device)
        self.up = Product(plan.up, plan.up_rows.tolist(), device)
        self.set_down = Product(plan.set_down, range(plan.neurons), device)
        self.added_down = Product(plan.added_down, range(plan.neurons), device)
        self.set_rows = range(plan.first_row, plan.first_row + len(plan.set_down))
        self.added_rows: list[int] = plan.added_rows.tolist()
        # For the unknown entries: which neurons read a row, and which rows a neuron is written to.
        self.gate_readers, self.up_readers = _readers(self.gate), _readers(self.up)
        self.written: dict[int, list[int]] = {}
        for rows, product in ((self.set_rows, self.set_down), (self.added_rows, self.added_down)):
            for row, terms in zip(rows, product.terms):
                for n, _ in terms:
                    self.written.setdefault(n, []).append(row)

    def __call__(self, stream: Stream) -> None:
        """Adds what the neurons write to the stream of a chunk."""
        unknown_gates = _spread(stream.unknown, self.gate_readers)
        unknown_ups = _spread(stream.unknown, self.up_readers)
        unknown = unknown_gates.keys() | unknown_ups.keys()
        reached: dict[int, Tensor] = {}

        def follow(n: int, gate: Tensor, up: Tensor | None) -> None:
            """Notes the rows that neuron n may make unknown; `gate` is after the ReLU."""
            entries = _may_differ(gate, up, unknown_gates.get(n), unknown_ups.get(n))
            if bool(entries.any()):
                for row in self.written.get(n, ()):
                    reached[row] = entries if row not in reached else reached[row] | entries

        hidden = stream.workspace.take("hidden", self.neurons, stream.size)
        if self.gate.dense:
            self.gate(stream.rows, stream.lines, hidden).relu_()
            up = self.up(stream.rows, stream.lines, stream.workspace.take("up", self.varying, stream.size))
            for n in unknown:
                follow(n, hidden[n], up[n] if n < self.varying else None)
            hidden[: self.varying] *= up
        else:
            # Neuron by neuron, so that a line is still in the cache when it is multiplied.
            scratch = stream.workspace.take("up", 1, stream.size)[0]
            for n, line in enumerate(hidden.unbind(0)):
                torch.clamp_min(self.gate.line(n, stream.lines, line), 0, out=line)
                value = None
                if n < self.varying:
                    value = self.up.line(n, stream.lines, scratch)
                if n in unknown:
                    follow(n, line, value)
                if value is not None:
                    line *= value
        self.set_down(hidden, hidden.unbind(0), stream.rows[self.set_rows.start : self.set_rows.stop])
        self.added_down.add_to(hidden, stream.lines, self.added_rows)
        for row, entries in reached.items():
            stream.mark_unknown(entries, row)


def _may_differ(gate: Tensor, up: Tensor | None, gate_unknown: Tensor | None, up_unknown: Tensor | None) -> Tensor:
    """Where a neuron may differ from what was computed with something in the place of unknown entries."""
    closed = gate == 0 if gate_unknown is None else (gate == 0) & ~gate_unknown
    entries = ~closed & reduce(or_, [unknown for unknown in (gate_unknown, up_unknown) if unknown is not None])
    if up is not None:
        entries &= ~(up == 0 if up_unknown is None else (up == 0) & ~up_unknown)
    return entries


def _readers(product: Product) -> dict[int, list[int]]:
    """For each row that a product reads the lines that read it."""
    readers: dict[int, list[int]] = {}
    for line, terms in enumerate(product.terms):
        for row, _ in terms:
            readers.setdefault(row, []).append(line)
    return readers


def _spread(unknown: dict[int, Tensor], readers: dict[int, list[int]]) -> dict[int, Tensor]:
    """For each neuron that reads unknown entries, at which positions."""
    spread: dict[int, Tensor] = {}
    for row, entries in unknown.items():
        for n in readers.get(row, ()):
            spread[n] = entries if n not in spread else spread[n] | entries
    return spread
