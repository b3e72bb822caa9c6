"""The lemmas about specialised transformers: proved of those that are made, and not of any that is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
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


def places(name: str) -> tuple[str, Any]:
    """The tensor that has the neurons or the head of this wire or head, and which they are."""
    weights = small().weights
    wires = [wire.name for wire in weights.wires]
    for i, layer in enumerate(weights.layers):
        if name in layer.head_names:
            return f"layers.{i}.", layer.head_names.index(name)
        if name in wires and layer.down[wires.index(name)].any():
            return f"layers.{i}.", np.flatnonzero(layer.down[wires.index(name)])
    raise AssertionError(name)


def threshold(wire: str) -> Weights:
    """The first gate of a table opens one number later."""
    layer, found = places(wire)
    one = [w.name for w in small().weights.wires].index("one")

    def change(gate: Any) -> None:
        gate[found[0], one] -= 4 if "from" in wire else 1

    return changed(small().weights, f"{layer}gate", change)


def key_offset(head: str) -> Weights:
    """A head looks for the number after the one that it should look for, or its keys are those."""
    layer, h = places(head)
    one = [w.name for w in small().weights.wires].index("one")

    def change(key: Any) -> None:
        key[h, 0, one] += 1

    return changed(small().weights, f"{layer}key", change)


def swapped(tensor: str, first: str, second: str) -> Weights:
    """The rows of two tokens of the embedding or unembedding, each in the place of the other."""
    names = [str(token) for token in small().machine.vocabulary]
    a, b = names.index(first), names.index(second)

    def change(rows: Any) -> None:
        rows[[a, b]] = rows[[b, a]]

    return changed(small().weights, tensor, change)


def entry(token: str, wire: str) -> Weights:
    """A token's embedding says of a wire one more than it should."""
    row = [str(t) for t in small().machine.vocabulary].index(token)
    column = [w.name for w in small().weights.wires].index(wire)

    def change(rows: Any) -> None:
        rows[row, column] += 1

    return changed(small().weights, "embedding", change)


MUTANTS: dict[str, Callable[[], Weights]] = {
    "a threshold of the digits of the program counter": lambda: threshold(THRESHOLD),
    "a threshold of an instruction's field": lambda: threshold("opcode.MUL"),
    "a threshold of an operand": lambda: threshold("x.slot"),
    "an entry for a cell of the prompt": lambda: threshold("top y.value from the prompt"),
    "the key of a head with a default": lambda: key_offset("top y"),
    "the key of the head that finds a position": lambda: key_offset("frame number"),
    "two rows of the unembedding": lambda: swapped("unembedding", "D(3)", "D(4)"),
    "two rows of the embedding": lambda: swapped("embedding", "D(3)", "D(4)"),
    "the value of a token": lambda: entry("D(3)", "value"),
    "the step of the program counter": lambda: entry("L(3)", "pc"),
}
THRESHOLD = "number 0 from 6 on"


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_noticed(mutant: str) -> None:
    """One of each sort that a change at random seldom is; the text says what is off."""
    assert outcome(replace(small(), weights=MUTANTS[mutant]()))


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
