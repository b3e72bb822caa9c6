"""Going through a syntax tree without saying what each type of node consists of."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.language.syntax import Index, Name, Node, TupleTarget


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below one, in the order of its fields."""
    for name in type(node).__match_args__:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(*nodes: Node) -> Iterator[Node]:
    """The nodes and all below them, each before those below it."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(children(node))))


def single_targets(target: Name | Index | TupleTarget) -> tuple[Name | Index, ...]:
    """The names and items that a target assigns to, from left to right."""
    return target.items if isinstance(target, TupleTarget) else (target,)
