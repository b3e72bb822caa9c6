"""The gates of `compiler.circuits.gates`: each means what its name says, for all integers in its range."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Integer, Max, Symbol

from compiler.circuits import relu, step, when
from compiler.circuits.expressions import ONE, Expression, wire
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted

_METHOD = "SymPy: the gate's neurons as max(g, 0) v, simplified under the case's assumption"


def meaning(expression: Expression, values: dict[str, sympy.Expr]) -> sympy.Expr:
    """The expression as a formula: wires are replaced by `values`, a neuron is Max(gate, 0) * value."""

    def linear(e: Expression) -> sympy.Expr:
        terms = (sympy.Rational(c) * (Integer(1) if w == ONE else values[w.name]) for w, c in e.wires.items())
        return sum(terms, Integer(0))

    neurons = (sympy.Rational(c) * Max(linear(n.gate), 0) * linear(n.value) for n, c in expression.neurons.items())
    return sum(neurons, linear(expression))


def gate_claims() -> Iterator[Claim]:
    """relu and step by the sign of the gate; `when` for every assignment of up to four flags."""
    v = Symbol("v", real=True)
    up, zero = Symbol("k", integer=True, nonnegative=True), Integer(0)

    def equal(name: str, cases: list[tuple[str, sympy.Expr, sympy.Expr]]) -> str:
        for case, found, expected in cases:
            difference = sympy.simplify(sympy.expand(found - expected))
            if difference.is_number and difference != 0:
                raise Refuted(Counterexample(f"gate {name}, {case}", {}, str(expected), str(found)))
            if difference != 0:
                raise NotProved(f"gate {name}, {case}: SymPy does not simplify {difference} to 0")
        return f"{len(cases)} cases"

    def of(gate: Expression, x: sympy.Expr) -> sympy.Expr:
        return meaning(gate, {"x": x, "v": v})

    x, value = wire("x"), wire("v")
    signs = [("x = k >= 0", up, up * v), ("x = -k <= 0", -up, zero)]
    yield Claim(
        Lemma("gate relu", r"$\mathrm{relu}(x, v) = \max(x, 0)\,v$", _METHOD, "all integers x, all reals v"),
        lambda: equal("relu", [(c, of(relu(x, value), at), want) for c, at, want in signs]),
    )
    signs_of_step = [("x = k + 1 >= 1", up + 1, v), ("x = -k <= 0", -up, zero)]
    yield Claim(
        Lemma("gate step", r"$\mathrm{step}(x, v) = v$ if $x \ge 1$, else $0$", _METHOD, "all integers x, all reals v"),
        lambda: equal("step", [(c, of(step(x, value), at), want) for c, at, want in signs_of_step]),
    )

    def every_assignment() -> str:
        cases = []
        for count in range(1, 5):
            flags = [wire(f"f{i}") for i in range(count)]
            for bits in range(2**count):
                values = {f"f{i}": Integer(bits >> i & 1) for i in range(count)}
                want = v if bits == 2**count - 1 else zero
                cases.append((f"flags {bits:0{count}b}", meaning(when(*flags, value=value), {**values, "v": v}), want))
        return equal("when", cases)

    yield Claim(
        Lemma(
            "gate when",
            r"$\mathrm{when}(f_1, \dots, f_k; v) = v$ if all $f_i = 1$, else $0$",
            _METHOD,
            "k = 1 to 4, all flags 0 or 1, all reals v",
        ),
        every_assignment,
    )
