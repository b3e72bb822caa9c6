"""The lemmas about specialised transformers: proved of those that are made, and not of any that is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Weights
from compiler.compiling import compile_program
from compiler.machines.ram import Layout
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.specialising import Specialised, specialise
from interpreter.runs.certificate import Outcome
from interpreter.strategies.ram import ram_programs
from proofs_check.specialised.certificate import certificate_of_specialised

SMALL = Layout(base=10, max_depth=5)
SOURCE = "n = 5\ndef f(x): return x * 7 // 3\nwhile n > 0:\n    print(f(n))\n    n = n - 3\n"


@cache
def small() -> Specialised:
    """With a call, a product, a loop and a text."""
    return specialise(compile_program(SOURCE, layout=SMALL))


def outcome(specialised: Specialised) -> str:
    """Of the first lemma that is open: its name and what is said of it; empty if all are proved."""
    certificate = certificate_of_specialised(specialised)
    assert certificate.theorem.startswith("No theorem" if certificate.open else "After every prompt of this program")
    return next((f"{r.lemma.name}: {r.note}" for r in certificate.results if r.outcome is not Outcome.PROVED), "")


def test_a_program_in_both_forms() -> None:
    assert outcome(small()) == ""
    assert outcome(specialise(small().prompt, "looped")) == ""


@settings(max_examples=3)
@given(ram_programs(SMALL))
def test_random_machine_code(program: Any) -> None:
    assert outcome(specialise(RamPrompt(program))) == ""


def test_with_the_input_prompted_and_moved() -> None:
    prompt = compile_program("n = int(input())\nprint(n + 1)\n", layout=Layout(base=100))
    assert outcome(specialise(prompt)) == ""
    assert outcome(specialise(prompt.with_input("4"), with_input=True)) == ""


def changed(weights: Weights, name: str, change: Callable[[Any], None]) -> Weights:
    """The weights with one tensor changed."""
    tensor = weights.tensors[name].copy()
    change(tensor)
    if not name.startswith("layers."):
        return replace(weights, **{name: tensor})
    _, number, inner = name.split(".")
    layers = list(weights.layers)
    layers[int(number)] = replace(layers[int(number)], **{inner: tensor})
    return replace(weights, layers=tuple(layers))


KINDS = ("embedding", "query", "key", "value", "output", "gate", "up", "down", "unembedding")
HOW = ("sign", "more", "none")


@settings(max_examples=10)
@given(st.sampled_from(KINDS), st.randoms(use_true_random=False), st.sampled_from([*HOW, "other"]))
def test_a_changed_weight_is_noticed(kind: str, random: Any, how: str) -> None:
    """Any weight of any tensor: its sign, one more, 0; or where there is none, 1 instead.

    Not in heads: one of two that are multiplied may be 0 as well.
    """
    how = "sign" if how == "other" and kind in ("query", "key", "value", "output") else how
    tensors = {n: t for n, t in small().weights.tensors.items() if n.rpartition(".")[2] == kind and t.any()}
    name = random.choice(sorted(tensors))
    at = random.choice(np.flatnonzero(tensors[name] if how != "other" else tensors[name] == 0).tolist())

    def change(tensor: Any) -> None:
        value = tensor.flat[at]
        tensor.flat[at] = {"sign": -value, "more": value + 1, "none": 0.0, "other": 1.0}[how]

    assert outcome(replace(small(), weights=changed(small().weights, name, change)))


def test_a_wrong_table_is_refuted_at_its_instruction() -> None:
    """The opcode of one instruction becomes another one; no run comes into it."""
    weights = small().weights
    wires = [wire.name for wire in weights.wires]
    flag = wires.index("opcode.MUL")
    [layer] = [i for i, each in enumerate(weights.layers) if each.down[flag].any()]
    [number] = [k for k, i in enumerate(small().prompt.program.instructions) if i.opcode is Opcode.MUL]

    def change(down: Any) -> None:
        down[flag] *= 2

    said = outcome(replace(small(), weights=changed(weights, f"layers.{layer}.down", change)))
    assert "table 'opcode.MUL': expected 1, found 2" in said and "number = " in said, number


def test_another_program_and_a_token_too_few() -> None:
    """The prompt that the file names is not the one that was moved; a token that is decoded is left out."""
    other = compile_program(SOURCE.replace("3", "2"), layout=SMALL)
    assert len(other.numbers) == len(small().prompt.numbers) and outcome(replace(small(), prompt=other))
    gone = next(i for i, token in enumerate(small().machine.vocabulary) if str(token).startswith("INT"))
    keep = [i for i in range(len(small().tokens)) if i != gone]
    weights = replace(
        small().weights, embedding=small().weights.embedding[keep], unembedding=small().weights.unembedding[keep]
    )
    said = outcome(replace(small(), weights=weights, tokens=tuple(small().tokens[i] for i in keep)))
    assert "has been left out, and nothing shows that it is never decoded" in said
