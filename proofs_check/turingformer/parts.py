"""What the neurons on the way make of tokens and of what heads bring, enumerated: flags, moves, positions in bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import z3

from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.vocabulary import MARKS, Token, Vocabulary
from proofs_check.lemma import Counterexample, Refuted
from proofs_check.symbolic.solver import prove
from proofs_check.tensors import Linear
from proofs_check.turingformer.stream import FLAG, Cases, Interval, Stream, bits, exactly
from proofs_check.turingformer.wires import Wires, minus, plus, wire

Given = dict[str, Interval]


def features(stream: Stream, wires: Wires, vocabulary: Vocabulary) -> str:
    """What the embedding says of each token. Raises Refuted."""
    wanted = _features(wires.tm)
    names = stream.readback.names
    for name, function in wanted.items():
        column = [float(function(token)) for token in vocabulary]
        if name not in names or stream.column(name).tolist() != column:
            raise Refuted(Counterexample(f"feature {name!r}", {}, "what the token says"))
    others = [n for n in names if n not in wanted and stream.column(n).any()]
    if others:
        raise Refuted(Counterexample(f"feature {others[0]!r}", {}, "none of this name"))
    return f"{len(wanted)} features of {len(vocabulary)} tokens"


def _features(tm: MultiTape) -> dict[str, Callable[[Token], Any]]:
    found: dict[str, Callable[[Token], Any]] = {"halts": lambda t: (t.kind, t.state) == ("run", tm.halting)}
    found |= {kind: partial(_is_of, kind) for kind in (*MARKS, "symbol", "run", "bits", "cell", "state")}
    found |= {f"state {q}": partial(_in_state, tm, q) for q in tm.states}
    for k in range(tm.tapes):
        found |= {f"writes {k} {s}": partial(_writes, k, s) for s in tm.symbols}
        found |= {f"{name} {k}": partial(_at, k, plural) for name, plural in (("bit", "bits"), ("head", "heads"))}
        found[f"move {k}"] = partial(_move, k)
    return found


def _is_of(kind: str, token: Token) -> bool:
    return token.kind == kind


def _in_state(tm: MultiTape, state: str, token: Token) -> bool:
    return token.state == state or (token.kind == "einp" and state == tm.initial)


def _writes(tape: int, symbol: str, token: Token) -> bool:
    return tape < len(token.symbols) and token.symbols[tape] == symbol


def _move(tape: int, token: Token) -> int:
    return {"L": -1, "S": 0, "R": 1}[token.moves[tape]] if token.moves else 0


def _at(tape: int, name: str, token: Token) -> int:
    given = getattr(token, name)
    return int(given[tape]) if given else 0


def kinds(stream: Stream, vocabulary: Vocabulary, **given: Any) -> Cases:
    """A token of each kind with each setting of what is given."""
    first: dict[str, int] = {}
    for number, token in enumerate(vocabulary):
        first.setdefault(token.kind, number)
    rows = [*product(first.values(), *given.values())]
    known = {name: exactly([row[1 + i] for row in rows]) for i, name in enumerate(given)}
    return Cases(stream, known, (), np.array([row[0] for row in rows]))


def marks(stream: Stream, vocabulary: Vocabulary) -> str:
    """Which token is a part of the prompt and which of a list."""
    cases = kinds(stream, vocabulary, **{"prompt end.seen": (0, 1)})
    started = cases.wire("prompt end.seen").low
    for kind in ("summ", "cell", "symbol"):
        cases.flags(wire(f"lists {kind}"), cases.wire(kind).low * started, f"lists {kind}")
    for kind in ("cell", "symbol"):
        cases.flags(wire(f"given {kind}"), cases.wire(kind).low * (1 - started), f"given {kind}")
    return f"{len(started)} cases"


def moves(stream: Stream, wires: Wires) -> str:
    """That windows are put together, and what that means."""
    for name, (before, newer, smallest) in wires.moves.least.items():
        gate = plus(before, newer, minus(smallest))
        found = [(n.gate, n.up, c) for n, c in stream.neurons.get(name, ())]
        if found != [(gate, wire("one"), 1.0)]:
            raise Refuted(Counterexample(f"wire {name!r}", {}, "max(b before + a newer - b newer, 0)"))
    x, a, b, c, d = z3.Ints("x a b c d")

    def larger(one: z3.ArithRef, other: z3.ArithRef) -> z3.ArithRef:
        return z3.If(one >= other, one, other)

    together = larger(x + a + c, d + larger(b + c - d, z3.IntVal(0)))
    prove("one after the other", larger(larger(x + a, b) + c, d) == together)
    prove("a step", larger(x + a, z3.IntVal(0)) == z3.If(x + a < 0, 0, x + a))
    return f"{len(wires.moves.least)} windows; max(max(x + a, b) + c, d) = max(x + a + c, max(b + c, d))"


def positions(stream: Stream, wires: Wires) -> str:
    """max(x + a, b) in bits, for all x, a and b: low bits as a number, the others by carry and borrow."""
    r, low, window = wires.r, wires.low, wires.window
    tried = 0
    for k in wires.tapes:
        number, shift, least, large = np.array(
            [*product(range(2**low), range(-window, window + 1), range(window + 1), (0, 1))]
        ).T
        sums: list[tuple[Linear, Interval]] = [
            (wires.moves.shift[k], exactly(shift)),
            (wires.moves.smallest[k], exactly(least)),
        ]
        base = {f"base.{k} {i}": exactly(bit) for i, bit in enumerate(bits(number, low))}
        given: Given = {**base, f"head {k} large": exactly(large)} if r > low else base
        fits = (large == 0) | (r > low)
        cases = Cases(stream, given, sums)
        wanted = np.where(large == 1, number + shift, np.maximum(number + shift, least))
        if r == low:
            fits &= wanted < 2**low
            large, wanted = large * 0, np.maximum(number + shift, least)
        for i, bit in enumerate(bits(wanted % 2**low, low)):
            found = cases.form(wires.head(k, i))
            wrong = np.flatnonzero(fits & ((found.low != bit) | (found.high != bit)))
            if len(wrong):
                at = {"x": str(number[wrong[0]]), "a": str(shift[wrong[0]]), "b": str(least[wrong[0]])}
                raise Refuted(Counterexample(f"bit {i} of head {k}", at, str(bit[wrong[0]])))
        tried += len(number)
        if r > low:
            cases.flags(wire(f"head {k} carry"), (wanted >= 2**low).astype(int), f"carry of head {k}")
            cases.flags(wire(f"head {k} borrow"), (wanted < 0).astype(int), f"borrow of head {k}")
            tried += _high(stream, wires, k)
    return f"{tried:,} cases; the result is in bits at every position"


def _high(stream: Stream, wires: Wires, k: int) -> int:
    r, low = wires.r, wires.low
    high, carried = np.array([*product(range(2 ** (r - low)), (-1, 0, 1))]).T
    given = {f"base.{k} {low + i}": exactly(bit) for i, bit in enumerate(bits(high, r - low))}
    flags = {f"head {k} carry": exactly(carried == 1), f"head {k} borrow": exactly(carried == -1)}
    cases = Cases(stream, {**given, **flags})
    cases.flags(wire(f"head {k} large"), (high > 0).astype(int), f"large of head {k}")
    for i, bit in enumerate(bits((high + carried) % 2 ** (r - low), r - low)):
        cases.flags(wires.head(k, low + i), bit, f"bit {low + i} of head {k}")
    return len(high)


def chosen(stream: Stream, wires: Wires, vocabulary: Vocabulary) -> str:
    """From which token each position, each cell and each question is taken."""
    tried = 0
    for k, i in product(wires.tapes, range(wires.r)):
        given = {f"bit {i}.{k}": (0, 1), f"head {k}.digit {i}": (0, 1)}
        cases = kinds(stream, vocabulary, **given)
        tried += len(cases.wire("run").low)
        read, at = (cases.wire(name).low for name in given)
        wanted = cases.wire("epos").low * read + cases.wire("esumm").low * at
        cases.flags(wire(f"base {k} {i}"), wanted, f"base {k} {i}")
        _nothing_else(stream, vocabulary, f"base {k} {i}", ("epos", "esumm"), given)

        given = {f"left.{k} {i}": (0, 1), f"before.digit {i}": (0, 1), "prompt end.seen": (0, 1)}
        cases = kinds(stream, vocabulary, **given)
        left, place, started = (cases.wire(name).low for name in given)
        prompt = cases.wire("cell").low * (1 - started) + (k == 0) * cases.wire("symbol").low * (1 - started)
        wanted = cases.wire("run").low * left + prompt * place
        cases.flags(wire(f"cell {k} {i}"), wanted, f"cell {k} {i}")

        acts, lists, at, listed = np.array([q for q in product((0, 1), repeat=4) if q[0] + q[1] < 2]).T
        forms = (wires.acting, wires.listing, wires.head(k, i), wires.listed(i))
        cases = Cases(stream, {}, [(form, exactly(value)) for form, value in zip(forms, (acts, lists, at, listed))])
        cases.flags(wire(f"asked {k} {i}"), acts * at + lists * listed, f"asked {k} {i}")
    return f"{tried:,} cases"


def _nothing_else(
    stream: Stream, vocabulary: Vocabulary, name: str, allowed: tuple[str, ...], given: Mapping[str, Any]
) -> None:
    """That a wire is 0 at other tokens, whatever numbers from 0 to 1 heads bring there, as means do."""
    cases = kinds(stream, vocabulary)
    cases.known |= dict.fromkeys(given, FLAG)
    found = cases.wire(name)
    others = np.ones(len(cases.wire("run").low), dtype=bool)
    for kind in allowed:
        others &= cases.wire(kind).low == 0
    if any(np.broadcast_to(end, others.shape)[others].any() for end in found):
        raise Refuted(Counterexample(f"wire {name!r}", {}, f"0 but at {', '.join(allowed)}"))


def listed(stream: Stream, wires: Wires) -> str:
    """Differences of positions, in digits of four bits: p - start modulo 2^r."""
    r = wires.r
    groups = [range(g, min(g + 4, r)) for g in range(0, r, 4)]
    tried = 0

    def equal(g: int) -> Linear:
        return plus(wire("one"), wire(f"listed equal {g}"))

    def lent(g: int) -> Linear:
        """Whether the lowest g + 1 digits of the one are below those of the other."""
        below = wire(f"listed below {g}")
        return plus(below, wire(f"listed borrow {g}")) if g else below

    for g, group in enumerate(groups):
        x, y, before = np.array([*product(range(2 ** len(group)), range(2 ** len(group)), (0, 1) if g else (0,))]).T
        known = {f"digit {i}": exactly(bit) for i, bit in zip(group, bits(x, len(group)))}
        known |= {f"list.digit {i}": exactly(bit) for i, bit in zip(group, bits(y, len(group)))}
        if g:
            known[f"listed borrow {g}"] = exactly((x == y) & (before == 1))
        cases = Cases(stream, known, [(lent(g - 1), exactly(before))] if g else [])
        cases.flags(wire(f"listed below {g}"), (x < y).astype(int), f"listed below {g}")
        cases.flags(equal(g), (x == y).astype(int), f"listed equal {g}")
        for i, bit in zip(group, bits((x - y - before) % 2 ** len(group), len(group))):
            cases.flags(wires.listed(i), bit, f"bit {i} of what is listed")
        tried += len(x)
        if g:
            # Of each lower digit whether it is below, equal or above; and whether this one is equal.
            orders = np.array([*product((-1, 0, 1), repeat=g + 1)]).T
            known = {f"listed below {h}": exactly(orders[h] == -1) for h in range(g + 1)}
            known |= {f"listed equal {h}": exactly((orders[h] == 0) - 1.0) for h in range(g + 1)}
            value = sum(4**h * orders[h] for h in range(g))
            wanted = (orders[g] == 0) & (value < 0)
            Cases(stream, known).flags(wire(f"listed borrow {g}"), wanted.astype(int), f"listed borrow {g}")
            tried += orders.shape[1]
    return f"{tried:,} cases"


def due(stream: Stream, wires: Wires) -> str:
    """How many bits of positions have been written."""
    counts = np.arange(wires.r + 3)
    cases = Cases(stream, {}, [(wires.moves.written, exactly(counts))])
    for d in range(1, wires.r + 1):
        cases.flags(wire(f"due {d}"), (counts == d).astype(int), f"due {d}")
    return f"{len(counts)} numbers"
