"""Lag systems with a window of two: `system`, `vocabulary`, `semantics` and `circuit`, in this order.

`turing` compiles any Turing machine to a Lag system; `published` is the system of the paper.
"""

from functools import cache
from pathlib import Path

from compiler.circuits import Form
from compiler.machines.lag.circuit import circuit
from compiler.machines.lag.codec import LagCodec
from compiler.machines.lag.semantics import continuation
from compiler.machines.lag.system import LagSystem, parse
from compiler.machines.lag.vocabulary import Token, Vocabulary
from compiler.machines.machine import Machine
from compiler.machines.windows import QueueWindow

__all__ = ["machine", "published"]


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
        window=QueueWindow(frozenset(number for number, token in enumerate(tokens) if token.more)),
        codec=LagCodec(tokens),
    )


@cache
def published() -> LagSystem:
    """The universal system of Schuurmans, Dai, Zanini 2024: 2,027 rules over 262 symbols, see `rules21.md`."""
    file = Path(__file__).with_name("rules21.txt")
    return parse(file.read_text(encoding="utf-8"), file.name)
