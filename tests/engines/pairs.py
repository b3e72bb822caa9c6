"""A tiny machine that is not the RAM: it keeps a number for each of a few keys, and counts.

    BOS (K V)*  …  END

After a key comes that key's latest number plus 1 modulo 10 (0 at first), after a number the key 3 v + 1 modulo 5.
A number's flag says whether the number looked up four positions before was large. The run ends after 40 numbers.
Every pattern of heads occurs, with and without a default, with values from the embedding and from later layers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from compiler.circuits import Circuit, relu, step, when
from compiler.machines.machine import Machine

KEYS, NUMBERS, LENGTH = 5, 10, 40


class Token(NamedTuple):
    family: str
    value: int = 0
    flag: int = 0


VOCABULARY = (
    Token("BOS"),
    Token("END"),
    *(Token("K", i) for i in range(KEYS)),
    *(Token("V", v, flag) for v in range(NUMBERS) for flag in range(2)),
)


def number(token: Token) -> int:
    return VOCABULARY.index(token)


def pairs() -> Machine[Token]:
    c = Circuit("pairs", VOCABULARY, max_tokens=2**16)
    is_key = c.feature("is key", lambda t: int(t.family == "K"))
    is_number = c.feature("is number", lambda t: int(t.family == "V"))
    key = c.feature("key", lambda t: t.value if t.family == "K" else 0)
    key_square = c.feature("key squared", lambda t: t.value**2 if t.family == "K" else 0)
    successor = c.feature("successor", lambda t: (t.value + 1) % NUMBERS if t.family == "V" else 0)
    next_key = c.feature("next key", lambda t: (3 * t.value + 1) % KEYS if t.family == "V" else 0)

    (share,) = c.mean("share", numbers=is_number)
    (count,) = c.at("count", c.wire("number sum", relu(c.position + 1, share)), at=c.position)
    written, written_square = c.previous("written", key=key, square=key_square)
    (own,) = c.latest("own", is_key, key=key)
    own_square = c.wire("own squared", sum((step(own - i, 2 * i + 1) for i in range(KEYS)), 0 * c.one))
    found, seen = c.latest(
        "found", is_number, [(own, written)], written_square, own_square, value=successor, seen=is_number
    )
    # The same without a default: what it finds for a new key is nobody's business.
    (again,) = c.latest("again", is_number, [(own, written)], written_square, value=successor)
    value = c.wire("value", when(is_key, seen, value=again))
    (echo,) = c.at("echo", c.position - 4, value=found)

    done = c.wire("done", step(count - (LENGTH - 1)))
    c.logit(8 * is_key, lambda t: int(t.family == "V"))
    c.logit(8 * (1 - is_key), lambda t: int(t.family == "K"))
    c.logit(c.wire("ending", when(done, 1 - is_key, value=500)), lambda t: int(t.family == "END"))
    c.logit(2 * value + 2 * next_key, lambda t: t.value)
    c.logit(-c.one, lambda t: t.value**2)
    c.logit(2 * c.wire("large", step(echo - 4)) - 1, lambda t: t.flag)
    return Machine(c.name, VOCABULARY, c, frozenset({number(Token("END"))}))


def expected(prompt: list[Token]) -> list[Token]:
    """What follows the prompt, in plain Python."""
    tokens = list(prompt)
    while tokens[-1].family != "END":
        last = tokens[-1]
        if last.family == "K":
            before = _looked_up(tokens[: max(len(tokens) - 4, 1)])
            tokens.append(Token("V", _looked_up(tokens), int(before > 4)))
        elif sum(t.family == "V" for t in tokens) >= LENGTH:
            tokens.append(Token("END"))
        else:
            tokens.append(Token("K", (3 * last.value + 1) % KEYS if last.family == "V" else 0))
    return tokens[len(prompt) :]


def _looked_up(tokens: list[Token]) -> int:
    """The successor of the latest number under the latest key, 0 if there is none."""
    own = next((t.value for t in reversed(tokens) if t.family == "K"), 0)
    pairs_ = [(k, v) for k, v in zip(tokens, tokens[1:]) if v.family == "V"]
    matching = [v.value for k, v in pairs_ if (k.value if k.family == "K" else 0) == own]
    return (matching[-1] + 1) % NUMBERS if matching else 0


def numbers(tokens: list[Token]) -> np.ndarray:
    return np.array([number(t) for t in tokens], dtype=np.int32)
