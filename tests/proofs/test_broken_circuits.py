"""Circuits that mean something else, and decode wrong tokens: each fails the lemma that is about what is broken.

All were once proved: the lemmas asked too little about a head's eligibility, keys, match pairs, recency and values, and
about where a head looks at the token that ends an instruction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from compiler.circuits import build, relu, when
from compiler.circuits.circuit import MAX_TOKENS
from compiler.circuits.expressions import Expression
from compiler.machines.ram import machine
from compiler.machines.ram.circuit import RamCircuit
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


@dataclass(frozen=True)
class Broken:
    """change: of the circuit; killer: the lemma that must fail; decodes: (specified, found) tokens of the program."""

    change: Callable[[RamCircuit], None]
    killer: str
    program: RamProgram
    decodes: tuple[str, str]


def replaced(r: RamCircuit, head: str, **changes: Callable[[Any], Any]) -> None:
    """The head with parts of its pattern changed; `values` is a part too."""
    [i] = [i for i, h in enumerate(r.c.heads) if h.name == head]
    old = r.c.heads[i]
    values = changes.pop("values", lambda values: values)(old.values)
    pattern = replace(old.pattern, **{part: change(getattr(old.pattern, part)) for part, change in changes.items()})
    r.c.heads[i] = replace(old, pattern=pattern, values=values)


def caller_chooses_l(r: RamCircuit) -> None:
    replaced(r, "caller", eligible=lambda e: e + r.t.plain_last)


def caller_square_off_at_l(r: RamCircuit) -> None:
    replaced(r, "caller", key_square=lambda square: square - 40 * r.t.plain_last)


def significant_matches(r: RamCircuit) -> None:
    replaced(r, "significant0", match=lambda _: ((r.c.one, -r.t.value),))


def significant_without_recency(r: RamCircuit) -> None:
    replaced(r, "significant0", eligible=lambda e: e - r.c.position / (2 * MAX_TOKENS))


def r0_chooses_by_a_late_wire(r: RamCircuit) -> None:
    late = r.c.wire("late", when(r.t.group))
    replaced(r, "address R0", eligible=lambda e: e + late)


def y_copies_a_late_wire(r: RamCircuit) -> None:
    late = r.c.wire("late", relu(r.t.value - 5))

    def more(values: Mapping[str, Expression]) -> Mapping[str, Expression]:
        return {**values, "value": values["value"] + late}

    replaced(r, "y", values=more)


def target_off_at_l(r: RamCircuit) -> None:
    replaced(r, "target", query=lambda query: query + r.t.plain_last)


BROKEN = {
    "caller chooses L": Broken(caller_chooses_l, "keys: L of ADD", CALL_AND_RETURN, ("RET(-2)", "RET(0)")),
    "caller's square off at L": Broken(
        caller_square_off_at_l, "keys: L of ADD", CALL_AND_RETURN, ("RET(-2)", "RET(0)")
    ),
    "significant matches": Broken(significant_matches, "copies: significant0", NINETY, ("T(9)", "T(0)")),
    "significant without recency": Broken(
        significant_without_recency, "copies: significant0", NINETY, ("T(9)", "T(0)")
    ),
    "R0 chooses by a late wire": Broken(r0_chooses_by_a_late_wire, "copies: address R0", LOADING, ("D(7)", "T(6)")),
    "target asks for another operand at L": Broken(target_off_at_l, "keys: L of ADD", ADDING, ("INT(5)", "INT(0)")),
    "y copies a late wire": Broken(y_copies_a_late_wire, "step: JMP begins after J", FAR, ("F(7)", "F(8)")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_circuit_fails_the_check(name: str) -> None:
    broken = BROKEN[name]
    circuit = RamCircuit(SMALL, MAX_TOKENS)
    circuit.build()
    broken.change(circuit)
    weights = build(circuit.c)

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
