"""Heads whose winner needs no search: means, the token before, a position by number, the latest of its kind.

A head is called on every chunk in order, with what it returned for the chunk before (None at first): all that later
chunks need of earlier ones.
"""

from __future__ import annotations

import torch
from torch import Tensor

from compiler.circuits.heads import At, Latest, Offset
from interpreter.model.positional import positional_feature
from interpreter.verification.plan import HeadPlan, Plan, Undetermined, Value
from interpreter.verification.stream import Growing, Stream, running_max


class MeanHead:
    """Running sums; with integer values below 2**53 in all they are exact, whatever the order of addition."""

    def __init__(self, head: HeadPlan) -> None:
        self.head = head

    def __call__(self, stream: Stream, sums: list[Tensor] | None) -> list[Tensor]:
        """Adds the means to the stream; takes and returns the sums of the values, each a number."""
        totals = []
        for i, value in enumerate(self.head.values):
            total = stream.known(value.terms, self.head.name).cumsum(0)
            if sums is not None:
                total += sums[i]
            totals.append(total[-1])
            stream.write(total / (stream.position + 1), value.targets)
        return totals


class PreviousHead:
    """The position before; position 0 sees itself."""

    def __init__(self, head: HeadPlan) -> None:
        self.head = head

    def __call__(self, stream: Stream, before: list[Tensor] | None) -> list[Tensor]:
        """Adds the values of the position before; takes and returns those at the last position, of shape (1,)."""
        values = [stream.known(value.terms, self.head.name) for value in self.head.values]
        before = before or [value[:1] for value in values]
        last = [value[-1:].clone() for value in values]
        for first, value, plan in zip(before, values, self.head.values):
            stream.write(torch.cat([first, value[:-1]]), plan.targets)
        return last


class OffsetHead:
    """The position some steps before; where there is none, 0."""

    def __init__(self, head: HeadPlan) -> None:
        assert isinstance(head.pattern, Offset)
        self.head = head
        self.distance = head.pattern.distance

    def __call__(self, stream: Stream, before: Tensor | None) -> Tensor:
        """Adds the values of so many positions before; takes and returns those of the last `distance` positions."""
        values = torch.stack([stream.known(value.terms, self.head.name) for value in self.head.values])
        before = values.new_zeros(len(values), self.distance) if before is None else before
        joined = torch.cat([before, values], 1)
        for found, plan in zip(joined[:, : stream.size], self.head.values):
            stream.write(found, plan.targets)
        return joined[:, stream.size :].clone()


class AtHead:
    """The position nearest to the query, of those up to the current one.

    The score `2 query k - k*k` is strictly concave in k, so that this is the query rounded and clamped; between two
    positions the softmax would take the mean of both, which is left to the dense transformer. A value that the
    embedding alone decides is computed again from the token at that position; others are kept, 8 bytes a position.
    """

    MARGIN = 1 / 8
    """Queries closer than this to the middle between two positions count as undecided."""

    def __init__(self, head: HeadPlan, plan: Plan, embedding: Tensor, tokens: Growing) -> None:
        assert isinstance(head.pattern, At)
        self.head = head
        self.query = plan.terms(head.pattern.query)
        self.tokens = tokens
        self.radix = plan.radix
        self.feature_of_row = {row: feature for feature, row in plan.positional.items()}
        embedded, by_number, kept = [], [], []
        for value in head.values:
            rows = {row for row, _ in value.terms}
            if not rows & plan.late and not rows & self.feature_of_row.keys():
                embedded.append(value)
            elif rows <= self.feature_of_row.keys():
                by_number.append(value)
            else:
                kept.append(value)
        self.embedded, self.by_number, self.kept = embedded, by_number, kept
        self.table = torch.stack([_combination(embedding, v) for v in embedded], 1) if embedded else None
        self.history = Growing(len(kept), torch.float64, embedding.device)

    def __call__(self, stream: Stream, state: None) -> None:
        """Adds the values at the positions that the query names; no state but the tokens that are kept.

        Raises:
            Undetermined: a query lies between two positions.
        """
        query = stream.known(self.query, self.head.name)
        at = query.clamp(min=0).minimum(stream.position)
        nearest = at.round()
        if bool(((at - nearest).abs() > 0.5 - self.MARGIN).any() | (at != at).any()):
            raise Undetermined(f"a query of head {self.head.name!r} lies between two positions")
        index = nearest.to(torch.int64)
        if self.table is not None:
            tokens = self.tokens.columns[0].index_select(0, index)
            values = stream.workspace.take("lookup", stream.size, len(self.embedded))
            torch.index_select(self.table, 0, tokens, out=values)
            stream.write_all(values.T, [v.targets for v in self.embedded])
        for value in self.by_number:
            terms = [coefficient * self._feature(row, nearest) for row, coefficient in value.terms]
            stream.write(sum(terms[1:], terms[0]), value.targets)
        if self.kept:
            self.history.append(stream.start, torch.stack([stream.known(v.terms, self.head.name) for v in self.kept]))
            for column, value in zip(self.history.columns, self.kept):
                stream.write(column.index_select(0, index), value.targets)

    def _feature(self, row: int, position: Tensor) -> Tensor:
        return positional_feature(self.feature_of_row[row], position, self.radix)


class LatestHead:
    """A latest-match head without coordinates: the best score so far, whatever the query is.

    The score of position k is `eligible - 1 - key_square + recency(k)`; the recency makes it differ from position
    to position, and it is computed here as it stands.
    """

    def __init__(self, head: HeadPlan, plan: Plan, max_tokens: int) -> None:
        assert isinstance(head.pattern, Latest)
        if head.pattern.query_square is not None:
            raise Undetermined(f"head {head.name!r} has a default but nothing to match")
        self.head = head
        self.eligible, self.key_square = plan.terms(head.pattern.eligible), plan.terms(head.pattern.key_square)
        self.recency = 1 / (2 * max_tokens)

    def __call__(self, stream: Stream, state: tuple[Tensor, list[Tensor]] | None) -> tuple[Tensor, list[Tensor]]:
        """Adds the values of the best position; takes and returns its score, shape (1,), and its values."""
        name = self.head.name
        score = stream.known(self.eligible, name) + stream.position * self.recency
        if self.key_square:
            score -= stream.known(self.key_square, name)
        best, index = running_max(score)
        # The winner of the chunks before stays ahead up to some position: a prefix of the chunk.
        held = 0 if state is None else int((best < state[0]).sum())
        values = [stream.known(v.terms, name) for v in self.head.values]
        found = [v.index_select(0, index) for v in values]
        for i, (value, plan) in enumerate(zip(found, self.head.values)):
            if state is not None:
                value[:held] = state[1][i]
            stream.write(value, plan.targets)
        leader = state[0] if state is not None and held == stream.size else best[-1:].clone()
        return leader, [value[-1:].clone() for value in found]


def _combination(embedding: Tensor, value: Value) -> Tensor:
    """The value for every token of the vocabulary."""
    total = torch.zeros(embedding.shape[0], dtype=embedding.dtype, device=embedding.device)
    for row, coefficient in value.terms:
        if row < embedding.shape[1]:
            total += coefficient * embedding[:, row]
    return total
