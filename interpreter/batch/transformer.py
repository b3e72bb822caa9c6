"""The transformer on whole chunks of a given token sequence: what it emits behind every position.

Attention is resolved by the pattern that each head declares (see `heads` and `matching`), feed-forward parts are
products of small dense matrices, the argmax is taken family by family (`readout`). All of it is read off the weights
(`plan`), and all numbers are float64: the machines' values are integers and halves, so that sums come out exact
in any order as long as they stay below 2**53; what attention averages is looked up by rounding.

**Entries that nobody has computed.** Where a lookup has no match, the dense transformer would copy from the nearest
key. Here the entry is marked unknown, and so is all that may depend on it (`feed_forward`). Attention that reads an
unknown entry is `Undetermined`, a logit that does makes the token `UNKNOWN`; where neither
happens, what these lookups find has been proved not to matter.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from compiler.circuits.heads import At, Latest, Mean, Previous
from compiler.circuits.weights import Weights
from interpreter.batch.feed_forward import FeedForward
from interpreter.batch.heads import AtHead, LatestHead, MeanHead, PreviousHead, positional_feature
from interpreter.batch.matching import MatchGroup, key_of
from interpreter.batch.plan import HeadPlan, plan
from interpreter.batch.readout import Readout
from interpreter.batch.stream import Growing, Stream, Workspace

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
        columns = [weights.wires.index(wire) for wire in self.plan.wires]
        self.readout = Readout(weights.unembedding[:, columns], self.device)
        self.attention = [self._heads(layer.heads, weights.max_tokens) for layer in self.plan.layers]
        self.feed_forward = [FeedForward(layer.feed_forward, self.device) for layer in self.plan.layers]
        self.start = 0
        self.workspace = Workspace(self.device)
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
        emitted = self.readout(stream.rows, stream.lines, self.workspace)
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
        rows = self.workspace.take("rows", len(self.plan.wires), size)
        position = torch.arange(self.start, self.start + size, dtype=torch.float64, device=self.device)
        embedded = self.workspace.take("lookup", size, self.embedding.shape[1])
        rows[: self.embedding.shape[1]].copy_(torch.index_select(self.embedding, 0, tokens, out=embedded).T)
        for feature, row in self.plan.positional.items():
            rows[row].copy_(positional_feature(feature, position))
        for row in self.plan.zeroed:
            rows[row].zero_()
        self.tokens.append(self.start, tokens[None].to(torch.int32))
        return Stream(self.plan, rows, rows.unbind(0), self.start, position, self.workspace)
