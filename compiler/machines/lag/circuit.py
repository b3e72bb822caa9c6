"""The transformer of a Lag system: one layer, two heads at fixed offsets of the window, one neuron a rule.

The window has three places (`window`): the first two symbols of the queue and the last token. A rule that appends two
symbols has a second neuron, which fires once the first of them has been appended. Every number in it is a small
integer or -inf, so it is right in every floating-point format.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from compiler.circuits import Circuit, relu
from compiler.circuits.expressions import Expression
from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import HALT, Token, Vocabulary


def circuit(system: LagSystem) -> Circuit[Token]:
    """The circuit of the Lag system with these rules."""
    c = Circuit(f"lag-{system.digest}", Vocabulary(system), max_tokens=4)
    numbers = {symbol: i for i, symbol in enumerate(system.symbols)}
    one_hot = {f"s{i}": c.feature(f"is {symbol}", partial(_is_symbol, symbol)) for symbol, i in numbers.items()}
    more = c.feature("more", lambda t: int(t.more))
    first = c.offset("first", 2, **one_hot)
    second = c.offset("second", 1, **one_hot)

    says: dict[Token, Expression] = defaultdict(lambda: Expression({}, {}))
    for a, b, appended in system.rules:
        both = first[numbers[a]] + second[numbers[b]] - 1
        *firsts, last = appended
        if not firsts:
            says[Token(last)] += relu(both - more)
            continue
        says[Token(firsts[0], more=True)] += relu(both - more)
        says[Token(last)] += relu(both + more - 1)
    for token, neurons in says.items():
        c.logit(c.wire(f"says {token}", neurons), partial(_is_token, token))
    c.logit(c.one / 2, lambda t: int(t == HALT))
    return c


def _is_symbol(symbol: str, token: Token) -> int:
    return int(token.symbol == symbol)


def _is_token(wanted: Token, token: Token) -> int:
    return int(token == wanted)
