"""What nodes came to where all that they asked for was constant: nothing of it is computed again, in any recording.

In which order a node asks depends on nothing but what it was told before, so that what it came to is a tree of
questions. A question is a *leaf*: a column of the embedding, a feature of the position or what a head has found. To go
through the tree asks for the same leaves in the same order as computing the node would, and needs the same guards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from interpreter.engines.specialised.network import Node
from interpreter.engines.specialised.polynomials import Polynomial

_MOST_LEAVES = 24
"""A node that asks for more is computed: the same values of all of them hardly ever come again."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a node came to, and the leaves that it asked for."""

    value: Polynomial
    leaves: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a node asks for next, and by the answer what follows."""

    leaf: Node
    answers: dict[float, Question | Result] = field(default_factory=dict)


class Remembered:
    """Of all nodes of a network.

    Attributes:
        varied: the leaf that was not a constant when the node was last asked for.
        carried: what a head finds at a position of the prompt: by head, number of the value, token and position.
    """

    def __init__(self) -> None:
        self.trees: dict[Node, Question | Result] = {}
        self.varied: dict[Node, Node] = {}
        self.carried: dict[tuple[object, int, int, int], float] = {}

    def keep(
        self, node: Node, leaves: Sequence[Node], answer: Callable[[Node], Polynomial], value: Polynomial
    ) -> tuple[Node, ...]:
        """The node came to the value, and asked for these leaves, each of which is a constant; returns each once."""
        every = tuple(dict.fromkeys(leaves))
        if len(every) > _MOST_LEAVES:
            return every
        following: list[Question | Result] = [*map(Question, every), Result(value, every)]
        tree = self.trees.setdefault(node, following[0])
        for leaf, then in zip(every, following[1:], strict=True):
            if not isinstance(tree, Question) or tree.leaf is not leaf:
                break
            tree = tree.answers.setdefault(answer(leaf).constant, then)
        return every
