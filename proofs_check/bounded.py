"""The step of a machine of one's own: its specification against the tensors, on every trace up to some length.

No invariant is known of such a machine, so nothing is said of longer traces. But nothing is left out of the shorter
ones either: every sequence of tokens is tried, and the lemma's name says how far that goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import torch

from compiler.circuits import Weights
from compiler.machines.machine import Machine
from interpreter.model.transformer import Transformer
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.tensors import Readback

NextToken = Callable[[Sequence[Any]], Any | None]
"""The token that follows a trace; None where none is prescribed: the run has ended, or this is no trace."""

TRACES = 20_000
"""At most so many traces of the greatest length are tried; they contain the shorter ones."""
BATCH = 500


def next_token_of(machine: Machine[Any]) -> NextToken | None:
    """From the machine's `specification`: the first token that it adds to a trace, taken as a prompt.

    A ValueError or a LookupError says that the sequence is no prompt.
    """
    continuation = machine.specification
    if continuation is None:
        return None

    def next_token(trace: Sequence[Any]) -> Any | None:
        try:
            return next(iter(continuation(trace)), None)
        except (ValueError, LookupError):
            return None

    return next_token


def longest_length(vocabulary: int) -> int:
    """The greatest length at which there are not more than `TRACES` traces; at least 1."""
    length = 1
    while vocabulary ** (length + 1) <= TRACES and length < 64:
        length += 1
    return length


def bounded_step_claim(machine: Machine[Any], weights: Weights, specification: NextToken) -> Claim:
    length = longest_length(len(machine.vocabulary))
    return Claim(
        Lemma(
            f"step, up to {length} tokens",
            "the argmax of the logits, strictly above all others, is the token that the specification prescribes",
            "every trace run on the module in float64; it says nothing of longer traces",
            f"all traces of at most {length} tokens for which the specification prescribes one",
        ),
        lambda: _all_traces(machine, weights, specification, length),
    )


def _all_traces(machine: Machine[Any], weights: Weights, specification: NextToken, length: int) -> str:
    vocabulary = list(machine.vocabulary)
    number = {token: i for i, token in enumerate(vocabulary)}
    transformer = Transformer(weights)
    tried = silent = 0
    previous: tuple[int, ...] = ()
    with torch.inference_mode():
        for traces in _batches(len(vocabulary), length):
            logits = torch.vmap(transformer)(torch.tensor(traces))
            for trace, rows in zip(traces, logits):
                # The logits at position i are about the token behind trace[: i + 1]; beginnings are tried once.
                shared = next((i for i, (a, b) in enumerate(zip(trace, previous)) if a != b), len(previous))
                previous = trace
                for i in range(shared, length):
                    expected = specification([vocabulary[t] for t in trace[: i + 1]])
                    if expected is None:
                        silent += 1
                        continue
                    tried += 1
                    wrong = wrong_token(rows[i], number[expected])
                    if wrong is not None:
                        raise Refuted(_counterexample(machine, weights, trace[: i + 1], expected, vocabulary[wrong]))
    if not tried:
        raise NotProved(f"the specification prescribes nothing for any trace of at most {length} tokens")
    return f"{tried:,} traces; for {silent:,} others nothing is prescribed"


def _batches(vocabulary: int, length: int) -> Iterator[list[tuple[int, ...]]]:
    batch = []
    for trace in product(range(vocabulary), repeat=length):
        batch.append(trace)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def wrong_token(logits: torch.Tensor, expected: int) -> int | None:
    """Another token whose logit is not below that of the expected one."""
    others = logits.clone()
    others[expected] = -torch.inf
    best = int(others.argmax())
    return None if len(logits) == 1 or bool(others[best] < logits[expected]) else best


def _counterexample(
    machine: Machine[Any], weights: Weights, trace: Sequence[int], expected: Any, found: Any
) -> Counterexample:
    """The trace, and the wires at its last position that are not 0, each with a head or neuron that writes it."""
    residual = Transformer(weights).residual(torch.tensor(trace))[-1].tolist()
    readback = Readback(weights)
    writers = {name: str(neuron) for neuron in readback.neurons for name in neuron.down}
    writers |= {name: str(head) for head in readback.heads for output in head.outputs for name in output}
    tokens = " ".join(str(machine.vocabulary[t]) for t in trace)
    values = {
        f"wire {w.name!r}" + (f" of {writers[w.name]}" if w.name in writers else ""): f"{v:g}"
        for w, v in zip(weights.wires, residual)
        if v
    }
    return Counterexample(f"step behind {tokens}", values, str(expected), str(found))
