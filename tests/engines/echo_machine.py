"""A machine as unlike the RAM as can be: it says what it was told, backwards, and marks repetitions.

    prompt:  BOS IN(v1) … IN(vn) MARK        n >= 1, values 0 to 9
    trace:   the values from vn to v1, each as NEW, OLD or LOUD; END at the end, or after 3 OLDs

A value is LOUD if it is 5 or more and so was the last value but one that was said; else it is OLD if it
has been said before. Each pattern of head but a match without a default is used; At and Previous copy
values that are not in the embedding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from compiler.circuits import Circuit, relu, step, when
from compiler.machines.machine import Machine

REPEATS = 3
SAID = ("NEW", "OLD", "LOUD")


class Token(NamedTuple):
    family: str
    value: int = 0


VOCABULARY = [
    *(Token(name) for name in ("BOS", "MARK", "END")),
    *(Token(family, v) for family in ("IN", *SAID) for v in range(10)),
]


def echo(values: list[int]) -> list[Token]:
    """The specification: what follows the prompt."""
    said: list[Token] = []
    for v in reversed(values):
        if sum(t.family == "OLD" for t in said) >= REPEATS:
            break
        if v >= 5 and len(said) >= 2 and said[-2].value >= 5:
            said.append(Token("LOUD", v))
        else:
            said.append(Token("OLD" if any(t.value == v for t in said) else "NEW", v))
    return [*said, Token("END")]


def prompt(values: list[int]) -> npt.NDArray[np.int32]:
    tokens = [Token("BOS"), *(Token("IN", v) for v in values), Token("MARK")]
    return np.array([VOCABULARY.index(t) for t in tokens], dtype=np.int32)


def machine() -> Machine[Token]:
    return Machine("echo", VOCABULARY, _circuit(), frozenset({VOCABULARY.index(Token("END"))}))


def _circuit() -> Circuit[Token]:
    c: Circuit[Token] = Circuit("echo", VOCABULARY)
    value = c.feature("value", lambda t: t.value)
    square = c.feature("value squared", lambda t: t.value**2)
    mark = c.feature("mark", lambda t: int(t.family == "MARK"))
    said = c.feature("said", lambda t: int(t.family in SAID))
    old = c.feature("old", lambda t: int(t.family == "OLD"))

    (mark_at,) = c.latest("mark at", mark, at=c.position)
    (mean_old,) = c.mean("mean", old=old)
    olds = c.wire("olds", relu(c.position + 1, mean_old))
    enough = c.wire("enough", step(olds - (REPEATS - 1)))
    big = c.wire("big", step(value - 4))
    big_said = c.wire("big said", step(value - 4, said))
    (big_before,) = c.previous("previous", big=big_said)

    # The next value stands as far before the mark as the current token stands after it, and one more.
    next_value, next_square, next_big, at = c.at(
        "next", 2 * mark_at - c.position - 1, value=value, square=square, big=big, at=c.position
    )
    (repeated,) = c.latest("repeated", said, [(next_value, value)], square, next_square, said=said)

    more = c.wire("more", step(at) - step(at, enough))
    loud = c.wire("loud", when(next_big, big_before))
    modes = {
        "END": 1 - more,
        "LOUD": c.wire("mode LOUD", when(more, loud)),
        "OLD": c.wire("mode OLD", when(more, repeated, 1 - loud)),
        "NEW": c.wire("mode NEW", when(more, 1 - repeated, 1 - loud)),
    }
    for family, mode in modes.items():
        c.logit(200 * mode, lambda t, family=family: int(t.family == family))  # type: ignore[misc]
    c.logit(2 * next_value, lambda t: t.value if t.family in SAID else 0)
    c.logit(-1 * c.one, lambda t: t.value**2 if t.family in SAID else 0)
    return c
