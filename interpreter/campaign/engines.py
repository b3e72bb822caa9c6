"""Engines against each other, and against the machine's specification."""

from __future__ import annotations

from itertools import islice

import numpy as np

from compiler.compiling import compile_program
from compiler.front_ends import compile_machine
from compiler.machines.machine import Prompt
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.campaign.subject import Checked, agree, engine

SPECIFIED = 400
"""Tokens for which the specification, which is slow, is compared with the engine."""
DENSE = 25
"""Tokens for which the PyTorch module, which is slower still, is compared with it."""


def decoded(prompt: Prompt, name: str, tokens: int) -> list[str]:
    """The first tokens that an engine gives out."""
    chunks = [*engine(prompt.construction, name).decode(prompt.numbers, tokens)]
    numbers = np.concatenate(chunks).tolist() if chunks else []
    return [str(prompt.machine.vocabulary[number]) for number in numbers]


def as_specified(prompt: Prompt) -> Checked:
    """The first tokens of a run: the transformer's, on the indexed engine, against the machine's specification."""
    machine = prompt.machine
    assert machine.specification is not None
    tokens = (machine.vocabulary[number] for number in prompt.numbers.tolist())
    expected = [str(token) for token in islice(machine.specification(tokens), SPECIFIED)]
    agree("tokens", expected, found := decoded(prompt, "indexed", SPECIFIED))
    return Checked(len(found), (f"to the end: {len(found) < SPECIFIED}",))


def ram_tokens(source: str) -> Checked:
    """Every token of the transformer against the specification's; the case is a program."""
    return as_specified(compile_program(source))


def post_turing_tokens(case: tuple[PtmProgram, str, bool]) -> Checked:
    """The program as text, with offsets in decimal or in unary."""
    program, input_text, unary = case
    prompt = compile_machine("ptm", "".join(program.texts()) if unary else str(program))
    return as_specified(prompt.with_input(input_text))


def engines(program: RamProgram) -> Checked:
    """The first tokens of all engines; the dense one is the PyTorch module itself."""
    import torch

    torch.set_num_threads(1)  # The cores are for the workers.
    prompt = RamPrompt(program)
    expected = decoded(prompt, "indexed", SPECIFIED)
    agree("tokens of the speculative engine", expected, decoded(prompt, "speculative", SPECIFIED))
    agree("tokens of the dense engine", expected[:DENSE], decoded(prompt, "dense", DENSE))
    return Checked(len(expected), (f"to the end: {len(expected) < SPECIFIED}",))
