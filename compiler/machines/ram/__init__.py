"""The RAM: read `isa`, `vocabulary`, `values`, `rules`, `semantics`, `circuit` and `prompt`, in
this order."""

from collections.abc import Iterable, Iterator
from functools import cache

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.machine import Machine
from compiler.machines.ram.circuit import circuit
from compiler.machines.ram.deep import deep_circuit
from compiler.machines.ram.isa import Layout
from compiler.machines.ram.semantics import Ram
from compiler.machines.ram.vocabulary import Family, Token, vocabulary

__all__ = ["Layout", "machine"]


@cache
def machine(layout: Layout, form: Form = "stacked", max_tokens: int = MAX_TOKENS) -> Machine[Token]:
    """The RAM with this layout, for traces of at most `max_tokens` tokens (a power of two).

    The same object each time, since its weights depend on nothing else.
    """
    description = (deep_circuit if form == "looped" else circuit)(layout, max_tokens)
    tokens = vocabulary(layout)
    halting = frozenset(tokens.number(Token(family)) for family in (Family.HALT, Family.FAULT))

    def specification(prompt: Iterable[Token]) -> Iterator[Token]:
        ram = Ram(layout)
        ram.load(prompt)
        return ram.run()

    key = f"{layout!r} {max_tokens}"
    return Machine(description.name, tokens, description, halting, key, specification, form)
