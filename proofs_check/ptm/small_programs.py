"""The steps of the Post-Turing machine: its specification against the tensors, on all small programs.

Beside the proofs by cases in `steps`, which rest on an argued induction, this one runs the whole transformer. It is
finite, and its name says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import torch

from compiler.circuits import Weights
from compiler.machines.machine import Machine
from compiler.machines.ptm.program import JUMPS, OPERATIONS, Instruction, PtmProgram
from compiler.machines.ptm.prompt import Prompt
from interpreter.model.transformer import Transformer
from proofs_check.bounded import wrong_token
from proofs_check.lemma import Claim, Counterexample, Lemma, Refuted

TOKENS = 30
"""Of each run, at most so many are compared."""


def small_prompts(instructions: int, inputs: tuple[str, ...]) -> Iterator[Prompt]:
    """All programs of so many instructions, with every input. Jumps go anywhere within the program."""
    for code in product(*(list(_instructions(k, instructions)) for k in range(instructions))):
        for bits in inputs:
            yield Prompt(PtmProgram(code), bits)


def _instructions(number: int, size: int) -> Iterator[Instruction]:
    for operation in sorted(OPERATIONS):
        offsets = [t - number for t in range(size)] if operation in JUMPS else [0]
        yield from (Instruction(operation, offset) for offset in offsets)


def small_program_claims(machine: Machine[Any], weights: Weights) -> Iterator[Claim]:
    """Claims that all programs of one to three instructions run as specified, on small inputs."""
    for size, inputs in ((1, ("", "0", "1", "00", "01", "10", "11")), (2, ("", "0", "1", "01")), (3, ("",))):
        yield Claim(
            Lemma(
                f"step, programs of {size}",
                "the argmax of the logits, strictly above all others, is the token that the specification prescribes",
                "each run on the module in float64; it says nothing of larger programs and longer runs",
                f"all programs of {size} instructions, inputs {', '.join(bits or 'none' for bits in inputs)}, "
                f"the first {TOKENS} tokens of each run",
            ),
            lambda size=size, inputs=inputs: _all(machine, weights, size, inputs),  # type: ignore[misc]
        )


def _all(machine: Machine[Any], weights: Weights, size: int, inputs: tuple[str, ...]) -> str:
    transformer = Transformer(weights)
    number = {token: i for i, token in enumerate(machine.vocabulary)}
    specification = machine.specification
    assert specification is not None
    runs = tokens = 0
    with torch.inference_mode():
        for prompt in small_prompts(size, inputs):
            run = list(islice(specification(prompt.tokens), TOKENS))
            trace = [*(int(i) for i in prompt.numbers), *(number[t] for t in run)]
            logits = transformer(torch.tensor(trace[:-1]))[len(prompt.numbers) - 1 :]
            for i, (row, token) in enumerate(zip(logits, run)):
                wrong = wrong_token(row, number[token])
                if wrong is not None:
                    values = {"program": str(prompt.program), "input": prompt.input_text, "token of the run": str(i)}
                    found = str(machine.vocabulary[wrong])
                    raise Refuted(Counterexample("step of the Post-Turing machine", values, str(token), found))
            runs, tokens = runs + 1, tokens + len(run)
    return f"{runs:,} runs, {tokens:,} tokens"
