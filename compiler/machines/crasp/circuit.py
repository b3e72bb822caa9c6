"""The transformer of a counter machine: one layer, one head of uniform attention, one neuron for each `dec`.

Jiang, Hahn, Zetzsche, Lin, "Softmax Transformers are Turing-Complete" (2025, arXiv 2511.20038): the tokens are the
transitions taken, so that the value of a counter is a count of tokens, and its sign that of a mean, which is what
softmax attention with equal scores computes. No positions are read, and nothing is scaled with the length.

A counter that is not 0 has a mean of at least 1/n, and `^`, which is there once, has the mean 1/n. So the neuron
`[dec k is next] (mean - mean of ^ / 2)` is above 0 if the counter is not 0, and below 0 if it is. It is the logit of
one token of the instruction, and with the sign changed that of the other; all others are 0. Only its sign matters.
"""

from __future__ import annotations

from functools import partial

from compiler.circuits import Circuit, relu
from compiler.circuits.circuit import MAX_TOKENS
from compiler.machines.crasp.program import CounterProgram
from compiler.machines.crasp.vocabulary import START, Token, Vocabulary


def circuit(program: CounterProgram, max_tokens: int = MAX_TOKENS) -> Circuit[Token]:
    """The circuit with this program in its weights; how long a trace may be is for the engines to know."""
    c = Circuit(f"crasp-{program.digest}", Vocabulary(program), max_tokens)
    first = c.feature("first token", lambda t: int(t == START))
    tested = sorted({instruction.counter for instruction in program.instructions if instruction.kind == "dec"})
    changes = {f"of {i}": c.feature(f"changes {program.counters[i]}", partial(_change, i)) for i in tested}
    least, *found = c.mean("mean", first=first, **changes)
    mean = dict(zip(tested, found))
    for k, instruction in enumerate(program.instructions):
        due = c.feature(f"due {k}", partial(_due, k))
        if instruction.kind == "dec":
            positive = c.wire(f"positive {k}", relu(due, mean[instruction.counter] - least / 2))
            c.logit(positive, partial(_sign, k))
        else:
            c.logit(due, partial(_carries_out, k))
    return c


def _change(counter: int, token: Token) -> int:
    return token.change if token.counter == counter else 0


def _due(instruction: int, token: Token) -> int:
    return int(token.next == instruction)


def _carries_out(instruction: int, token: Token) -> int:
    return int(token.instruction == instruction)


def _sign(instruction: int, token: Token) -> int:
    """1 for the token that says that the counter is not 0, -1 for the other one."""
    return (1 if token.change else -1) if token.instruction == instruction else 0
