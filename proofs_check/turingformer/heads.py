"""The heads: that each looks where it should, that what is wanted wins, and what there is in a context to find."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import z3

from proofs_check.formats import Format
from proofs_check.lemma import Counterexample, Refuted
from proofs_check.symbolic.solver import prove
from proofs_check.tensors import Attention, Linear, Readback
from proofs_check.turingformer.wires import Wanted, Wires, minus, plus, wire

SCALE = 2048
"""What scores are multiplied by: half of it is the gap."""
INEXACT = Fraction(1, 100)
"""How far from 1 a head may bring the mean of ones, in all that follows."""


def as_wanted(readback: Readback, wires: Wires) -> str:
    """Raises Refuted for a head that is not as `wires` has it."""
    wanted = wires.heads()
    there = [head.name for head in readback.heads]
    if sorted(there) != sorted(wanted):
        unlike = sorted(set(there) ^ set(wanted))
        raise Refuted(Counterexample("heads", {}, "those that this proof knows", ", ".join(unlike)))
    for head in readback.heads:
        _compare(head, wanted[head.name])
    return f"{len(there)} heads"


def _compare(head: Attention, wanted: Wanted) -> None:
    values = {name: form for output, form in zip(head.outputs, head.values) for name in output}
    ones = all(set(output.values()) == {1} and len(output) == 1 for output in head.outputs)
    if not ones or values != {f"{head.name}.{name}": form for name, form in wanted.values.items() if form}:
        raise Refuted(Counterexample(str(head), {}, "brings what it should"))
    if wanted.offset is not None:
        if head.offset != wanted.offset:
            raise Refuted(Counterexample(str(head), {}, f"{wanted.offset} back", f"{head.offset} back"))
        return
    near = len(head.biases) if wanted.within is None else wanted.within + 1
    seen = [bias == (0 if j < near else float("-inf")) for j, bias in enumerate(head.biases)]
    if not all(seen) or (wanted.within is not None and len(head.biases) <= near):
        raise Refuted(Counterexample(str(head), {"biases": str(head.biases)}, f"within {wanted.within}"))
    found: dict[tuple[str, str], Fraction] = {}
    for query, key in head.pairs:
        _multiply(found, query, key, Fraction(1))
    expected: dict[tuple[str, str], Fraction] = {}
    first = {"first": Fraction(1, 2)} if wanted.match else {}
    penalty = plus(wanted.eligible, first, minus(wire("one")), *(minus(key) for _, key in wanted.match))
    _multiply(expected, wire("one"), penalty, Fraction(SCALE))
    for query, key in wanted.match:
        _multiply(expected, query, key, Fraction(2 * SCALE))
        _multiply(expected, query, plus(wire("one"), minus(wire("first"))), Fraction(-SCALE))
    if {pair: c for pair, c in found.items() if c} != {pair: c for pair, c in expected.items() if c}:
        raise Refuted(Counterexample(str(head), {}, "the score of its keys", "another one"))


def _multiply(total: dict[tuple[str, str], Fraction], query: Linear, key: Linear, factor: Fraction) -> None:
    for q, a in query.items():
        for k, b in key.items():
            total[q, k] = total.get((q, k), Fraction(0)) + factor * a * b


def gap_is_right() -> str:
    """The scores of positions by how many bits are unlike; the queries are bits to within a little."""
    q, off = z3.Int("q"), z3.Real("off")
    bit = [z3.Or(q == 0, q == 1), off <= z3.Q(1, 4), -off <= z3.Q(1, 4)]
    query = z3.ToReal(q) + off
    for k in (0, 1):
        unlike = z3.If(q == k, z3.RealVal(0), z3.RealVal(1))
        size = z3.If(off < 0, -off, off)
        term = 2 * query * k - query - k
        prove("a pair", z3.And(term <= -unlike + size, term >= -unlike - size), *bit)
    return "a pair counts 0 if alike and -1 if not, to within what the query is off"


def longest(wires: Wires, fmt: Format) -> tuple[int, str]:
    """Tokens of a context up to which the heads find what they should; and what a longer one would break."""
    u = fmt.roundoff
    inexact = wires.r  # found bits among the queries; a score has at most this many terms:
    terms = 4 * (2 * wires.r + 2)

    def holds(tokens: int) -> bool:
        if 2 * tokens * u >= 1:
            return False
        # A mean of up to n ones: n additions of a rounded 1/n, divided by a sum of n, each rounded.
        off = 2 * (tokens + 2) * u / (1 - 2 * tokens * u)
        lost = inexact * off + terms * u * terms
        return off <= INEXACT and SCALE * (Fraction(1, 2) - 2 * lost) >= fmt.vanishes

    if SCALE * terms > fmt.largest:
        return 0, "a score overflows"
    tokens = 2**wires.r
    if holds(tokens):
        return tokens, f"positions have {wires.r} bits; a run of any length"
    low, high = 0, tokens
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, "the mean of a flag"


def searched(r: int) -> str:
    """That the search by bits ends at the latest match.

    Bit i of it is 1 just if some match has its higher bits, and there 1.
    """
    latest, other = z3.BitVecs("latest other", r)
    for i in range(r):
        above = z3.LShR(latest, i + 1) == z3.LShR(other, i + 1) if i + 1 < r else z3.BoolVal(True)
        one = z3.Extract(i, i, other) == 1
        is_one = z3.Extract(i, i, latest) == 1
        prove("bit", is_one, z3.ULE(other, latest), above, one)
    return f"{r} bits"


def contexts(wires: Wires) -> str:
    """What heads at some distance see, in every shape that a context may have. Raises Refuted."""
    tried = 0
    for prompt in (["inp", *["symbol"] * (wires.r + 3), "einp"], ["summ", *["cell"] * (wires.r + 3), "state", "esumm"]):
        for body in _bodies(wires):
            for at in range(len(prompt) - 1, len(prompt) + len(body)):
                tried += 1
                wrong = _seen_wrongly([*prompt, *body], len(prompt) - 1, at, wires)
                if wrong:
                    shape = " ".join([*prompt, *body][max(0, at - wires.r - 4) : at + 1])
                    raise Refuted(Counterexample(f"after … {shape}", {}, wrong))
    return f"{tried:,} positions"


def _bodies(wires: Wires) -> Iterator[list[str]]:
    """What follows a prompt: whole rounds, and then anything, after which nothing new can follow."""
    r = wires.r
    steps = ["run"] * r
    turn = [*steps, "pos", *["bits"] * r, "epos"]
    yield [*turn, *turn, *turn]
    for before in ([], turn, [*turn, *turn]):
        for i in range(1, r + 1):
            yield [*before, *steps[:i], "outp", *["symbol"] * 3, "eoutp"]
            if wires.summaries:
                yield [*before, *steps[:i], "summ", *["cell"] * 3, "state", "esumm"]


def _seen_wrongly(kinds: list[str], end: int, at: int, wires: Wires) -> str:
    """What is not as it should be at a position; empty if all is."""
    r, kind = wires.r, kinds[at]
    boundaries = [i for i in range(end, at + 1) if kinds[i] in ("einp", "epos") or i == end]
    last = boundaries[-1]
    near = [i for i in boundaries if i >= at - r - 1]
    window = kinds[max(0, at - wires.window + 1) : at + 1]

    def back(distance: int) -> str:
        return kinds[at - distance] if at >= distance else ""

    ends = at == len(kinds) - 1 and kind == "esumm" and at > end
    if ends:
        return ""  # what is before is dropped then
    if kind in ("run", "pos", "summ") or at == last:
        steps = kinds[last : at + 1].count("run")
        if near != [last]:
            return f"one boundary among the last {r + 2} tokens"
        if window.count("run") != steps:
            return f"the steps since the boundary in a window of {wires.window}"
        if kind == "run" and (back(r - 1) == "run") != (steps == r):
            return f"a step {r - 1} before, just if these are {r} steps"
    if kind == "bits":
        number = kinds[last:at].count("bits") + 1
        if window.count("bits") != number or [back(d) for d in range(r + 1)].count("pos") != 1:
            return "the bits since `pos`, and one `pos`"
    if kind == "epos" and (back(r + 2) != "run" or [back(r - i) for i in range(r)] != ["bits"] * r):
        return "the bits, `pos`, and the last step before"
    after = kinds[end + 1 : at + 1]
    if kind in ("outp", "symbol", "cell", "summ") and at > end and sum(map(after.count, ("outp", "summ"))) != 1:
        return "one beginning of a list"
    return "" if kinds[: end + 1].count("einp") + kinds[: end + 1].count("esumm") == 1 else "one end of the prompt"
