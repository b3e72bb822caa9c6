"""Lag systems with a window of two: `system`, `vocabulary`, `window`, `semantics` and `circuit`, in this order.

`turing` compiles any Turing machine to a Lag system.
"""

from functools import cache

from compiler.circuits import Form
from compiler.machines.lag.circuit import circuit
from compiler.machines.lag.semantics import continuation
from compiler.machines.lag.system import LagSystem
from compiler.machines.lag.vocabulary import Token, Vocabulary
from compiler.machines.lag.window import LagWindow
from compiler.machines.machine import Machine

__all__ = ["machine"]


@cache
def machine(system: LagSystem, form: Form = "stacked") -> Machine[Token]:
    """The machine of a Lag system; the same object each time."""
    tokens = Vocabulary(system)
    return Machine(
        name=f"lag-{system.digest}",
        vocabulary=tokens,
        circuit=circuit(system),
        halting=frozenset({tokens.halt}),
        key=system.digest,
        specification=lambda prompt: continuation(system, prompt),
        form=form,
        window=LagWindow(tokens),
    )
