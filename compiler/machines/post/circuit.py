"""The transformer of a Post machine: one layer, one head, one neuron a rule (Li and Wang 2025, section 3).

The newest token is the residual stream itself, and has the state. The oldest token of the window has the first symbol
of the queue, and one head at the fixed offset s - 1 brings it. A neuron `relu(state + symbol - 1)` is 1 for the rule
that applies and 0 for all others; it adds 1 to the symbol and to the state that the rule names, so that the logit of
their token is 2, of all others at most 1, and of `halt` 1/2. All numbers are 0, 1/2, 1, 2 or -inf, so that it is right
in every floating-point format. The window is in the relative bias of the head, and nowhere else in the weights.

Where there are two rules for one case (`compiler.machines.coin`), the neuron adds 2 to the logits of both their tokens;
all logits are then multiplied by 2048.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from compiler.circuits import Circuit, relu
from compiler.circuits.expressions import Expression
from compiler.machines.post.rules import PostMachine
from compiler.machines.post.vocabulary import HALT, Token, Vocabulary

SCALE = 2048
"""Of the logits where tokens are sampled: they differ by 1/2 at least, and exp(-1024) is 0 in every format."""


def circuit(post: PostMachine, window: int) -> Circuit[Token]:
    """The circuit of the Post machine with these rules in a window of so many tokens."""
    c = Circuit(f"post-{post.digest}-{window}", Vocabulary(post))
    scale = 1 if post.most == 1 else SCALE
    in_state = {q: c.feature(f"in {q}", partial(_is_state, q)) for q in post.states}
    symbols = {f"s{i}": c.feature(f"is {a}", partial(_is_symbol, a)) for i, a in enumerate(post.symbols)}
    oldest = dict(zip(post.symbols, c.offset("oldest", window - 1, **symbols)))

    appends: dict[str, Expression] = defaultdict(lambda: Expression({}, {}))
    enters: dict[str, Expression] = defaultdict(lambda: Expression({}, {}))
    flips: dict[Token, Expression] = defaultdict(lambda: Expression({}, {}))
    for (state, read), does in post.outcomes.items():
        applies = relu(in_state[state] + oldest[read] - 1)
        if len(does) == 1:
            [(write, target)] = does
            appends[write] += applies
            enters[target] += applies
            continue
        for token in does:
            flips[Token(*token)] += 2 * applies
    for symbol, neurons in appends.items():
        c.logit(scale * c.wire(f"appends {symbol}", neurons), partial(_is_symbol, symbol))
    for state, neurons in enters.items():
        c.logit(scale * c.wire(f"enters {state}", neurons), partial(_is_state, state))
    for token, neurons in flips.items():
        c.logit(scale * c.wire(f"flips {token}", neurons), partial(_is_token, token))
    c.logit(scale * c.one / 2, lambda t: int(t == HALT))
    return c


def _is_symbol(symbol: str, token: Token) -> int:
    return int(token.symbol == symbol)


def _is_state(state: str, token: Token) -> int:
    return int(token.state == state)


def _is_token(wanted: Token, token: Token) -> int:
    return int(token == wanted)
