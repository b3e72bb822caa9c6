"""The transformer on whole chunks of a given token sequence: what it emits after every position.

Attention is resolved by the pattern that each head declares (see `heads` and `matching`), feed-forward parts are
products of small dense matrices, the argmax is taken family by family (`readout`). All of it is read off the weights
(`plan`), and all numbers are float64: the machines' values are integers and halves, so that sums come out exact
in any order as long as they stay below 2**53; what attention averages is looked up by rounding.

**Entries that nobody has computed.** Where a lookup has no match, the dense transformer would copy from the nearest
key. Here the entry is marked unknown, and so is all that may depend on it (`feed_forward`). Attention that reads an
unknown entry is `Undetermined`, a logit that does makes the token `UNKNOWN`; where neither happens, what these
lookups find has been proved not to matter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle
from typing import Any

import torch
from torch import Tensor

from compiler.circuits.heads import At, Latest, Mean, Offset, Previous
from compiler.circuits.unrolled import NotSettling, unrolled
from compiler.circuits.weights import Weights
from interpreter.model.positional import positional_feature
from interpreter.verification.feed_forward import FeedForward
from interpreter.verification.heads import AtHead, LatestHead, MeanHead, OffsetHead, PreviousHead
from interpreter.verification.matching import MatchGroup, key_of
from interpreter.verification.plan import HeadPlan, Undetermined, plan
from interpreter.verification.readout import Readout
from interpreter.verification.stream import Growing, Stream, Workspace

Attend = Callable[[Stream, Any], Any]

UNKNOWN = -1
"""Instead of a token number."""


class BatchTransformer:
    """Feed it the chunks of a token sequence in order.

    Memory: for each worker and position of a chunk 8 bytes times the live wires, the neurons of the widest layer and
    some hundred numbers in passing (3 KB for the RAM); 4 bytes a token, and 8 more for each value that an `At` head
    takes from later layers (the RAM has none); and in each group of matching heads 8 bytes for each coordinate and
    value of every distinct key, some three times over while it is brought up to date.

    Raises:
        Undetermined: the heads of these weights do not do what they declare, or a looped block does not settle.
    """

    def __init__(self, weights: Weights, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        try:
            weights = unrolled(weights)
        except NotSettling as reason:
            raise Undetermined(str(reason)) from reason
        self.plan = plan(weights)
        self.embedding = torch.as_tensor(self.plan.embedding, dtype=torch.float64, device=self.device)
        self.tokens = Growing(1, torch.int32, self.device)
        columns = [weights.wires.index(wire) for wire in self.plan.wires]
        self.readout = Readout(weights.unembedding[:, columns], self.device)
        self.attention = [self._heads(layer.heads, weights.max_tokens) for layer in self.plan.layers]
        self.feed_forward = [FeedForward(layer.feed_forward, self.device) for layer in self.plan.layers]
        self.start = 0
        self.states: list[Any] = [None] * sum(map(len, self.attention))
        self._workspaces = [Workspace(self.device)]
        self._last: Stream | None = None

    def _heads(self, heads: tuple[HeadPlan, ...], max_tokens: int) -> list[Attend]:
        attend: list[Attend] = []
        groups: dict[object, list[HeadPlan]] = {}
        for head in heads:
            match head.pattern:
                case Mean():
                    attend.append(MeanHead(head))
                case Previous():
                    attend.append(PreviousHead(head))
                case At():
                    attend.append(AtHead(head, self.plan, self.embedding, self.tokens))
                case Offset():
                    attend.append(OffsetHead(head))
                case Latest(recent=False):
                    raise Undetermined(f"head {head.name!r} takes the mean of its matches, which verification does not")
                case Latest(match=()):
                    attend.append(LatestHead(head, self.plan, max_tokens))
                case Latest():
                    groups.setdefault(key_of(head), []).append(head)
        return attend + [MatchGroup(group, self.plan) for group in groups.values()]

    def feed(self, tokens: Tensor) -> Tensor:
        """The token emitted after each of the next positions: int32 numbers (n,) in, (n,) out.

        `UNKNOWN` stands where a logit reads an unknown entry: in a prompt, whose tokens nobody emits, it may.

        Raises:
            Undetermined: a closed form does not apply to one of these positions. The chunk then counts as not fed:
                a shorter one may be.
        """
        [emitted] = self.feed_all(tokens, max(len(tokens), 1))
        return emitted

    def feed_all(self, tokens: Tensor, chunk: int) -> Iterator[Tensor]:
        """`feed` on one chunk after the other.

        With more than one thread, PyTorch's own number of them on a processor, as many chunks are in work at a time:
        a chunk enters a head when the chunk before has left it.

        Raises:
            Undetermined: see `feed`; chunks that have been yielded count as fed.
        """
        threads = torch.get_num_threads()
        workers = threads if self.device.type == "cpu" else 1
        while len(self._workspaces) < workers:
            self._workspaces.append(Workspace(self.device))
        start, before = self.start, [_resolved(state) for state in self.states]
        waiting: deque[_Job] = deque()
        pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
        try:
            for workspace, part in zip(cycle(self._workspaces), torch.split(tokens.to(self.device), chunk)):
                if len(waiting) == workers:
                    yield self._finish(waiting.popleft())
                self.tokens.append(start, part[None].to(torch.int32))
                job = _Job(start, part, workspace, before)
                job.emitted = pool.submit(self._compute, job)
                waiting.append(job)
                start, before = start + len(part), job.after
            while waiting:
                yield self._finish(waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)

    def _finish(self, job: _Job) -> Tensor:
        """Waits for a chunk and takes over what it hands on."""
        assert job.emitted is not None
        emitted = job.emitted.result()
        self.states = [state.result() for state in job.after]
        self.start = job.start + len(job.tokens)
        self._last = job.stream
        return emitted

    @torch.inference_mode()
    def _compute(self, job: _Job) -> Tensor:
        try:
            stream = job.stream = self._embed(job)
            states = zip(job.before, job.after)
            for heads, feed_forward in zip(self.attention, self.feed_forward):
                for head in heads:
                    before, after = next(states)
                    after.set_result(head(stream, before.result()))
                feed_forward(stream)
            emitted = self.readout(stream.rows, stream.lines, stream.workspace)
            for row in self.plan.logit_rows.tolist():
                if row in stream.unknown:
                    emitted.masked_fill_(stream.unknown[row], UNKNOWN)
            return emitted
        except BaseException as error:
            # The chunks after this one wait for these.
            for state in job.after:
                if not state.done():
                    state.set_exception(error)
            raise

    def _embed(self, job: _Job) -> Stream:
        size, take = len(job.tokens), job.workspace.take
        rows = take("rows", len(self.plan.wires), size)
        position = torch.arange(job.start, job.start + size, dtype=torch.float64, device=self.device)
        embedded = take("lookup", size, self.embedding.shape[1])
        rows[: self.embedding.shape[1]].copy_(torch.index_select(self.embedding, 0, job.tokens, out=embedded).T)
        for feature, row in self.plan.positional.items():
            rows[row].copy_(positional_feature(feature, position, self.plan.radix))
        for row in self.plan.zeroed:
            rows[row].zero_()
        return Stream(self.plan, rows, rows.unbind(0), job.start, position, job.workspace)

    def unknown(self, position: int) -> set[str]:
        """The wires that stand for what nobody has computed, at a position of the chunk that was yielded last."""
        stream = self._last
        assert stream is not None
        found = (row for row, entries in stream.unknown.items() if bool(entries[position - stream.start]))
        return {self.plan.wires[row].name for row in found}

    def wires(self, position: int) -> dict[str, float]:
        """The residual stream after the last layer, by wire, at a position of the chunk that was yielded last.

        Wires without a path to a logit are left out, and so are entries that were proved not to matter.
        """
        stream = self._last
        if stream is None or not stream.start <= position < stream.start + stream.size:
            raise ValueError(f"position {position} is not in the chunk fed last")
        column = position - stream.start
        unknown = {row for row, entries in stream.unknown.items() if bool(entries[column])}
        values = stream.rows[:, column].tolist()
        return {w.name: values[row] for row, w in enumerate(self.plan.wires) if row not in unknown}


class _Job:
    """A chunk in work: what its heads get from the chunk before, and what they hand on to the one after."""

    def __init__(self, start: int, tokens: Tensor, workspace: Workspace, before: list[Future[Any]]) -> None:
        self.start, self.tokens, self.workspace, self.before = start, tokens, workspace, before
        self.after: list[Future[Any]] = [Future() for _ in before]
        self.emitted: Future[Tensor] | None = None
        self.stream: Stream | None = None


def _resolved(state: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(state)
    return future
