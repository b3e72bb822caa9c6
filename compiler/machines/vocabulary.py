"""The tokens of a machine in the order of their numbers: what the vocabularies of all machines share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Token = TypeVar("Token")


class Listed(Sequence[Token], Generic[Token]):
    """A sequence of tokens: token number i is `vocabulary[i]`."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    @overload
    def __getitem__(self, number: int) -> Token: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Token]: ...
    def __getitem__(self, number: int | slice) -> Token | Sequence[Token]:
        return self._tokens[number]

    def __iter__(self) -> Iterator[Token]:
        return iter(self._tokens)
