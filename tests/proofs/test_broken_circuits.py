"""Circuits that mean something else, and decode wrong tokens: each fails the lemma that is about what is broken.

All were once proved: the lemmas asked too little about a head's eligibility, keys, match pairs, recency and values, and
about where a head looks at the token that ends an instruction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from compiler.circuits import Circuit, build, relu, when
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression, wire
from compiler.machines.ram import machine
from compiler.machines.ram.circuit import circuit
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt
from interpreter.model.transformer import Transformer
from proofs_check.check import specification
from proofs_check.heads import head_claims
from proofs_check.lemma import Outcome, settle
from proofs_check.ram.samples import trace
from proofs_check.tensors import Readback

SMALL = Layout(base=10, max_depth=10)
CALL_AND_RETURN = RamProgram(
    SMALL,
    (
        Instruction(Opcode.CALL, 0, 0, 2), Instruction(Opcode.HALT), Instruction(Opcode.ADD, 0, 0, 6),
        Instruction(Opcode.RET),
    ),
)  # fmt: skip
NINETY = RamProgram(SMALL, (Instruction(Opcode.SUB, 0, 1, 2), Instruction(Opcode.HALT)), ((0, 1090), (1, 1000)))
ADDING = RamProgram(
    SMALL, (Instruction(Opcode.ADD, 0, 1, 5), Instruction(Opcode.OUTI, 5), Instruction(Opcode.HALT)), ((0, 2), (1, 3))
)
LOADING = RamProgram(SMALL, (Instruction(Opcode.LOAD, 0, 1, 2), Instruction(Opcode.HALT)), ((0, 13), (13, 9876)))
FAR = RamProgram(SMALL, (Instruction(Opcode.JMP, 0, 6, 6), *[Instruction(Opcode.HALT)] * 70))


Change = Callable[[Circuit[Any]], None]


@dataclass(frozen=True)
class Broken:
    """change: of the circuit; killer: the lemma that must fail; decodes: (specified, found) tokens of the program."""

    change: Change
    killer: str
    program: RamProgram
    decodes: tuple[str, str]


def head(name: str, **changes: Callable[[Any], Any]) -> Change:
    """Another head in its place: each part of its pattern, or `values`, is what a function makes of it."""

    def change(c: Circuit[Any]) -> None:
        [i] = [i for i, h in enumerate(c.heads) if h.name == name]
        old = c.heads[i]
        parts = {part: f(getattr(old.pattern, part)) for part, f in changes.items() if part != "values"}
        values = changes.get("values", lambda values: values)(old.values)
        c.heads[i] = replace(old, pattern=replace(old.pattern, **parts), values=values)

    return change


def with_late(expression: Expression, change: Change) -> Change:
    """A wire `late`, which is there only after the first layer, and then another change."""

    def both(c: Circuit[Any]) -> None:
        c.wire("late", expression)
        change(c)

    return both


VALUE, LAST, GROUP, LATE = wire("value"), wire("L"), wire("D"), wire("late")
RECENCY = Circuit.position / (2 * MAX_TOKENS)

BROKEN = {
    "caller chooses L": Broken(
        head("caller", eligible=lambda e: e + LAST), "keys: L of ADD", CALL_AND_RETURN, ("RET(-2)", "RET(0)")
    ),
    "caller's square off at L": Broken(
        head("caller", key_square=lambda s: s - 40 * LAST), "keys: L of ADD", CALL_AND_RETURN, ("RET(-2)", "RET(0)")
    ),
    "significant matches": Broken(
        head("significant0", match=lambda _: ((Circuit.one, -VALUE),)),
        "copies: significant0", NINETY, ("T(9)", "T(0)"),
    ),
    "significant without recency": Broken(
        head("significant0", eligible=lambda e: e - RECENCY), "copies: significant0", NINETY, ("T(9)", "T(0)")
    ),
    "R0 chooses by a late wire": Broken(
        with_late(when(GROUP), head("address R0", eligible=lambda e: e + LATE)),
        "copies: address R0", LOADING, ("D(7)", "T(6)"),
    ),
    "target asks for another operand at L": Broken(
        head("target", query=lambda q: q + LAST), "keys: L of ADD", ADDING, ("INT(5)", "INT(0)")
    ),
    "y copies a late wire": Broken(
        with_late(relu(VALUE - 5), head("y", values=lambda values: {**values, "value": values["value"] + LATE})),
        "step: JMP begins after J", FAR, ("F(7)", "F(8)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_circuit_fails_the_check(name: str) -> None:
    broken = BROKEN[name]
    broken_circuit = circuit(SMALL)
    broken.change(broken_circuit)
    weights = build(broken_circuit)

    length, numbers = trace(Prompt(broken.program), 60)
    vocabulary = machine(SMALL).vocabulary
    with torch.inference_mode():
        found = Transformer(weights)(torch.tensor(numbers[:-1])).argmax(1)[length - 1 :].tolist()
    wrong = [(str(vocabulary[a]), str(vocabulary[b])) for a, b in zip(numbers[length:], found) if a != b]
    assert wrong[0] == broken.decodes

    readback = Readback(weights)
    known = specification(machine(SMALL))
    assert known is not None
    claims = {claim.lemma.name: claim for claim in known.claims(readback)}
    assert settle(claims[broken.killer]).outcome is not Outcome.PROVED
    # What the heads are declared to do does not matter: they do it.
    declared = [claim for claim in head_claims(readback) if claim.lemma.name.startswith("head ")]
    undeclared = [claim.lemma.name for claim in declared if not settle(claim).proved]
    assert undeclared == (["head significant0"] if name == "significant without recency" else [])
