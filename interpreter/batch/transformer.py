"""The transformer on whole chunks of a given token sequence: what it emits behind every position.

Attention is resolved by the pattern that each head declares (see `heads` and `matching`), feed-forward parts are
products of small dense matrices, the argmax is taken family by family (`readout`). All of it is read off the weights
(`plan`), and all numbers are float64: the machines' values are integers and halves, so that sums come out exact
in any order as long as they stay below 2**53; what attention averages is looked up by rounding.

**Entries that nobody has computed.** Where a lookup has no match, the dense transformer would copy from the nearest
key. Here the entry is marked unknown, and a neuron `relu(gate) * up` that reads unknown entries is unknown too,
*unless* its gate is known and not above 0, or its up is known and 0: then it is 0 whatever the unknown entry is.
Attention that reads an unknown entry is `Undetermined`, a logit that does makes the token `UNKNOWN`; where neither
happens, what these lookups find has been proved not to matter.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from compiler.circuits.heads import At, Latest, Mean, Previous
from compiler.circuits.weights import Array, Weights
from interpreter.batch.heads import AtHead, LatestHead, MeanHead, PreviousHead, positional_feature
from interpreter.batch.matching import MatchGroup, key_of
from interpreter.batch.plan import FeedForwardPlan, HeadPlan, plan
from interpreter.batch.readout import Readout
from interpreter.batch.stream import Growing, Stream

Attend = Callable[[Stream], None]

UNKNOWN = -1
"""Instead of a token number."""


class BatchTransformer:
    """Feed it the chunks of a token sequence in order.

    Memory: 8 bytes for each live wire and position of a chunk, some three times over with what is only needed in
    passing; 4 bytes a token (8 more for each value that an `At` head takes from later layers); and in each group of
    matching heads 8 bytes for each coordinate and value of every distinct key.

    Raises:
        Undetermined: the heads of these weights do not do what they declare.
    """

    def __init__(self, weights: Weights, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.plan = plan(weights)
        self.embedding = torch.as_tensor(self.plan.embedding, dtype=torch.float64, device=self.device)
        self.tokens = Growing(1, torch.int32, self.device)
        columns = [weights.wires.index(self.plan.wires[row]) for row in self.plan.logit_rows]
        self.readout = Readout(weights.unembedding[:, columns], self.device)
        self.logit_rows = torch.as_tensor(self.plan.logit_rows, device=self.device)
        self.attention = [self._heads(layer.heads, weights.max_tokens) for layer in self.plan.layers]
        self.feed_forward = [_FeedForward(layer.feed_forward, self.device) for layer in self.plan.layers]
        self.start = 0
        self._room = torch.empty(0, dtype=torch.float64, device=self.device)
        self._last: Stream | None = None

    def _heads(self, heads: tuple[HeadPlan, ...], max_tokens: int) -> list[Attend]:
        attend: list[Attend] = []
        matching = [head for head in heads if isinstance(head.pattern, Latest) and head.pattern.match]
        groups: dict[object, list[HeadPlan]] = {}
        for head in matching:
            groups.setdefault(key_of(head), []).append(head)
        for head in heads:
            match head.pattern:
                case Mean():
                    attend.append(MeanHead(head, self.device))
                case Previous():
                    attend.append(PreviousHead(head))
                case At():
                    attend.append(AtHead(head, self.plan, self.embedding, self.tokens))
                case Latest(match=()):
                    attend.append(LatestHead(head, self.plan, max_tokens))
        return attend + [MatchGroup(group, self.plan, self.device) for group in groups.values()]

    @torch.inference_mode()
    def feed(self, tokens: Tensor) -> Tensor:
        """The token emitted behind each of the next positions: int32 numbers (n,) in, (n,) out.

        `UNKNOWN` stands where a logit reads an unknown entry: in a prompt, whose tokens nobody emits, it may.

        Raises:
            Undetermined: a closed form does not apply to one of these positions. The chunk then counts as not fed:
                a shorter one may be.
        """
        stream = self._embed(tokens.to(self.device))
        for attend_all, feed_forward in zip(self.attention, self.feed_forward):
            for attend in attend_all:
                attend(stream)
            feed_forward(stream)
        emitted = self.readout(stream.rows.index_select(0, self.logit_rows))
        for row in self.plan.logit_rows.tolist():
            if row in stream.unknown:
                emitted.masked_fill_(stream.unknown[row], UNKNOWN)
        for commit in stream.commits:
            commit()
        self._last = stream
        self.start += stream.size
        return emitted

    def wires(self, position: int) -> dict[str, float]:
        """The residual stream behind the last layer, by wire, at a position of the chunk fed last.

        Wires without a path to a logit are left out, and so are entries that were proved not to matter.
        """
        stream = self._last
        if stream is None or not stream.start <= position < stream.start + stream.size:
            raise ValueError(f"position {position} is not in the chunk fed last")
        column = position - stream.start
        unknown = {row for row, entries in stream.unknown.items() if bool(entries[column])}
        values = stream.rows[:, column].tolist()
        return {w.name: values[row] for row, w in enumerate(self.plan.wires) if row not in unknown}

    def _embed(self, tokens: Tensor) -> Stream:
        size = len(tokens)
        if self._room.numel() < size * len(self.plan.wires):
            self._room = torch.empty(size * len(self.plan.wires), dtype=torch.float64, device=self.device)
        rows = self._room[: size * len(self.plan.wires)].view(-1, size)
        index = torch.arange(size, device=self.device)
        position = index.to(torch.float64) + self.start
        rows[: self.embedding.shape[1]].copy_(self.embedding.index_select(0, tokens.to(torch.int64)).T)
        for feature, row in self.plan.positional.items():
            rows[row].copy_(positional_feature(feature, position))
        for row in self.plan.zeroed:
            rows[row].zero_()
        self.tokens.append(self.start, tokens[None].to(torch.int32))
        return Stream(self.plan, rows, self.start, position, index)


class _FeedForward:
    """`x += down @ (relu(gate @ x) * (up @ x))`, on live rows and neurons."""

    def __init__(self, ff: FeedForwardPlan, device: torch.device) -> None:
        def tensor(array: object, dtype: torch.dtype = torch.float64) -> Tensor:
            return torch.as_tensor(array, dtype=dtype, device=device)

        self.gate, self.up = tensor(ff.gate), tensor(ff.up)
        self.gate_rows, self.up_rows = (tensor(rows, torch.int64) for rows in (ff.gate_rows, ff.up_rows))
        self.set_down, self.added_down = tensor(ff.set_down), tensor(ff.added_down)
        self.added_rows = tensor(ff.added_rows, torch.int64)
        self.set_rows = slice(ff.first_row, ff.first_row + len(ff.set_down))
        self.varying = len(ff.up)
        # For the unknown entries: which neurons read a row, and which rows a neuron is written to.
        self.gate_readers = _users(ff.gate.T, ff.gate_rows.tolist())
        self.up_readers = _users(ff.up.T, ff.up_rows.tolist())
        down = [*ff.set_down, *ff.added_down]
        rows = [*range(ff.first_row, ff.first_row + len(ff.set_down)), *ff.added_rows.tolist()]
        self.written = {n: [row for row, weights in zip(rows, down) if weights[n]] for n in range(ff.neurons)}

    def __call__(self, stream: Stream) -> None:
        if not len(self.gate):
            return
        hidden = (self.gate @ stream.rows.index_select(0, self.gate_rows)).relu_()
        up = self.up @ stream.rows.index_select(0, self.up_rows) if self.varying else None
        unknown = self._unknown(stream, hidden, up) if stream.unknown else {}
        if up is not None:
            hidden[: self.varying] *= up
        if len(self.set_down):
            torch.mm(self.set_down, hidden, out=stream.rows[self.set_rows])
        if len(self.added_down):
            stream.rows.index_add_(0, self.added_rows, self.added_down @ hidden)
        for row, entries in unknown.items():
            known = stream.unknown.get(row)
            stream.unknown[row] = entries if known is None else known | entries

    def _unknown(self, stream: Stream, hidden: Tensor, up: Tensor | None) -> dict[int, Tensor]:
        """The rows that unknown entries reach through this layer's neurons."""
        gates, ups = _spread(stream.unknown, self.gate_readers), _spread(stream.unknown, self.up_readers)
        reached: dict[int, Tensor] = {}
        for n in gates.keys() | ups.keys():
            gate, value = gates.get(n), ups.get(n)
            may_differ = value if gate is None else gate if value is None else gate | value
            assert may_differ is not None
            closed = hidden[n] == 0
            may_differ = may_differ & ~(closed if gate is None else closed & ~gate)
            if up is not None and n < self.varying:
                zero = up[n] == 0
                may_differ &= ~(zero if value is None else zero & ~value)
            if bool(may_differ.any()):
                for row in self.written[n]:
                    reached[row] = may_differ if row not in reached else reached[row] | may_differ
        return reached


def _users(weights: Array, rows: list[int]) -> dict[int, list[int]]:
    """For each row the neurons with a non-zero weight on it."""
    return {row: [n for n, w in enumerate(column) if w] for row, column in zip(rows, weights)}


def _spread(unknown: dict[int, Tensor], readers: dict[int, list[int]]) -> dict[int, Tensor]:
    """For each neuron that reads unknown entries, at which positions."""
    spread: dict[int, Tensor] = {}
    for row, entries in unknown.items():
        for n in readers.get(row, ()):
            spread[n] = entries if n not in spread else spread[n] | entries
    return spread
