"""Counter machines by uniform attention: `program`, `vocabulary`, `semantics`, `circuit`, `prompt`, in this order.

`universal` is a counter machine that runs others, so that one fixed transformer does.
"""

from functools import cache

from compiler.circuits import Form
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.crasp.circuit import circuit
from compiler.machines.crasp.program import CounterProgram
from compiler.machines.crasp.semantics import continuation
from compiler.machines.crasp.vocabulary import Token, Vocabulary
from compiler.machines.machine import Machine

__all__ = ["machine"]


@cache
def machine(program: CounterProgram, max_tokens: int = MAX_TOKENS, form: Form = "stacked") -> Machine[Token]:
    """The machine with this program in its weights; the same object each time."""
    tokens = Vocabulary(program)
    return Machine(
        name=f"crasp-{program.digest}",
        vocabulary=tokens,
        circuit=circuit(program, max_tokens),
        halting=tokens.halting,
        key=f"{program.digest} {max_tokens}",
        specification=lambda prompt: continuation(program, prompt),
        form=form,
    )
