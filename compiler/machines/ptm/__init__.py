"""The two-tape Post-Turing machine: `program`, `vocabulary`, `semantics`, `circuit` and `prompt`, in this order."""

from functools import cache

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.machine import Machine
from compiler.machines.ptm.circuit import circuit
from compiler.machines.ptm.semantics import continuation
from compiler.machines.ptm.vocabulary import Token, Vocabulary

__all__ = ["machine"]


@cache
def machine(max_tokens: int = MAX_TOKENS, form: Form = "stacked") -> Machine[Token]:
    """The machine for traces of up to `max_tokens` tokens; the same object each time."""
    description = circuit(max_tokens)
    tokens = Vocabulary()
    halting = frozenset({tokens.number(Token.END)})
    return Machine(description.name, tokens, description, halting, f"{max_tokens}", continuation, form)
