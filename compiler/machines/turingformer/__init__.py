"""Multi-tape Turing machines whose chain of thought the transformer summarises: `multitape`, `vocabulary`, `semantics`,
`arithmetic` and `circuit`, in this order.

`turing` makes one of a Turing machine with a tape without ends; `universal` has one that runs them all.
"""

from functools import cache

from compiler.circuits import Form
from compiler.machines.machine import Machine
from compiler.machines.turingformer.circuit import circuit
from compiler.machines.turingformer.multitape import MultiTape
from compiler.machines.turingformer.semantics import continuation
from compiler.machines.turingformer.vocabulary import Token, Vocabulary
from compiler.machines.windows import SummaryWindow

__all__ = ["machine"]


def machine(tm: MultiTape, bits: int = 16, summaries: bool = True, form: Form = "stacked") -> Machine[Token]:
    """The machine of a Turing machine; the same object each time.

    bits: of positions, even and at least 4: contexts have fewer than 2**bits tokens, and tapes as many cells.
    summaries: whether the transformer writes summaries, and sees nothing of before them.

    Raises:
        ValueError: the number of bits.
    """
    if bits < 4 or bits % 2:
        raise ValueError(f"positions have an even number of bits from 4 on, not {bits}")
    return _machine(tm, bits, summaries, form)


@cache
def _machine(tm: MultiTape, bits: int, summaries: bool, form: Form) -> Machine[Token]:
    tokens = Vocabulary(tm)
    name = f"turingformer-{tm.digest}-{bits}" + ("" if summaries else "-plain")
    ends = {kind: tokens.number(Token(kind)) for kind in ("summ", "esumm", "eoutp")}
    return Machine(
        name=name,
        vocabulary=tokens,
        circuit=circuit(tm, bits, summaries, name),
        halting=frozenset({ends["eoutp"]}),
        key=f"{tm.digest} {bits} {summaries}",
        specification=lambda prompt: continuation(tm, bits, summaries, prompt),
        form=form,
        window=SummaryWindow(ends["summ"], ends["esumm"], 2**bits) if summaries else None,
    )
