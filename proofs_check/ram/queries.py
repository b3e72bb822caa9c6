"""The query lemma: every head of the RAM looks for what the contract says that it finds.

For the running sums of the program counter and the frames, position lookups must ask for the right position; the
heads that read memory must ask for the cell and the group that the specification names, whatever the operands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.values import cell_of
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ram.cases import Case, Situation, cases, situation
from proofs_check.ram.contract import HeadContract, address_group
from proofs_check.ram.copies import copies
from proofs_check.ram.local import INDIRECT, reads_x, reads_y, x_index, y_index
from proofs_check.ram.steps import Proof, Ram, once
from proofs_check.scores import read_score
from proofs_check.symbolic.paths import Path, Term, explore
from proofs_check.symbolic.polynomials import Polynomial, total
from proofs_check.symbolic.stream import Stream

Point = Sequence[Any]


def query_claims(ram: Ram) -> Iterator[Claim]:
    """Claims that each head asks for what the specification reads."""
    for case in cases(ram.layout):
        yield Claim(
            Lemma(
                f"queries: {case}",
                "each head asks for the position, cell or group that the specification names",
                "symbolic execution of the tensors, path by path, z3 in linear integer arithmetic",
                "every state that the invariant allows, every kind of operand, all integers",
            ),
            lambda case=case: prove_queries(ram, case),  # type: ignore[misc]
        )


def prove_queries(ram: Ram, case: Case, proof: Proof = once) -> str:
    """Raises NotProved or Refuted. Each head is explored by itself, so that their case splits do not multiply."""
    paths = 0
    for head, copy in copies(ram.layout, ram.addresses).items():
        if copy.matches:

            def run(path: Path, name: str = head) -> None:
                place = situation(ram.layout, case, path)
                wanted = asked(ram, name, place, path)
                if wanted is None:
                    return nothing_is_known(ram, name, HeadContract(ram.model, path, place))
                proof(
                    lambda stream: compare(stream, name, wanted, path, f"queries: {case}"),
                    ram.stream(path, place, havoc=False),
                )

            paths += explore(run, quotients=ram.layout.base)
    return f"{paths} paths"


def compare(stream: Stream, name: str, wanted: Point, path: Path, where: str) -> None:
    """The query rows of a head against the point that it should ask for."""
    readback = stream.model.readback
    head = readback.head(name)
    time = 2 * head.layer
    score = read_score(head, readback.weights.max_tokens)
    coordinates = [stream.form(q, time) for q in score.queries]
    points = list(wanted)
    if score.query_square is not None:
        # The square of the length belongs to the coordinates as they are found: that these are right is shown too.
        points.append(path.term(total([(c * c, 1) for c in coordinates])))
        coordinates.append(stream.form(score.query_square, time))
    if len(coordinates) != len(points):
        raise NotProved(f"{where}: {head} has {len(coordinates)} query rows, not {len(points)}")
    for i, (found, point) in enumerate(zip(coordinates, points)):
        expected = point.polynomial if isinstance(point, Term) else path.term(point).polynomial
        for gap in (found - expected, expected - found):
            if not path.certain(gap):
                _fail(path, f"{where}, {head}, coordinate {i}", gap, found, expected)


def nothing_is_known(ram: Ram, name: str, contract: HeadContract) -> None:
    """Where a head's query is open, the contract must not say what the head finds."""
    for output in ram.model.readback.head(name).outputs:
        for wire in output:
            found = contract(wire)
            if not isinstance(found, Term) or not all(v.startswith("any ") for v in found.polynomial.variables):
                raise NotProved(f"nothing says where the head {name!r} looks for {found}")


def _fail(path: Path, where: str, gap: Polynomial, found: Polynomial, expected: Polynomial) -> None:
    values = path.witness(gap)
    if values is None:
        raise NotProved(f"{where}: cannot show {found} = {expected}")
    shown = {name: str(v) for name, v in values.items()}
    raise Refuted(Counterexample(where, shown, str(expected.at(values)), str(found.at(values))))


POSITIONS = {"opcode": 1, "x": 2, "y": 3, "z": 4, "writer": 1, "target": 4, "frame number": 0}
"""Heads that look a position up, and the token of an instruction that it is."""


def asked(ram: Ram, head: str, place: Situation, path: Path) -> Point | None:
    """The point that a head should ask for; None where nothing depends on what it finds."""
    s = place.local
    if head == "frame number":
        return [s.depth + 1]
    if head in ("writer", "target"):
        # While an instruction is under way, it is its own writer.
        return None if place.case.begins else [4 * s.pc + POSITIONS[head]]
    if head in POSITIONS:
        return [4 * s.pc + POSITIONS[head]]
    if head == "caller":
        return [s.depth + 1] if s.opcode is Opcode.RET else None
    if s.opcode is None or not head.startswith(("top ", "group ")):
        return None
    return _memory(ram, head, place, path)


def _memory(ram: Ram, head: str, place: Situation, path: Path) -> Point | None:
    s = place.local
    kind, _, name = head.partition(" ")
    if not (reads_x(s) if name == "x" else reads_y(s)):
        return None
    if kind == "group" and name == "x" and s.opcode is Opcode.QUO and s.token.family == "D":
        scratch = [-1] + [0] * (s.layout.groups - 1)
        return [*scratch, 2 * (s.x.top - s.written)]
    cell = _x_cell(ram, place, path) if name == "x" else operand_cell(place, path, "y")
    if kind == "top":
        return cell
    index = x_index(s) if name == "x" else y_index(s)
    return None if index is None or not index < (s.x if name == "x" else s.y).top else [*cell, index]


def _x_cell(ram: Ram, place: Situation, path: Path) -> Point:
    s = place.local
    if s.opcode in INDIRECT and s.copying:
        if s.opcode is Opcode.STORE:
            return operand_cell(place, path, "z")
        [letter] = (letters[0] for letters in ram.addresses if "R" in letters)
        return [address_group(place, path, f"address {letter}{i}") for i in range(s.layout.groups)]
    return operand_cell(place, path, "x")


def operand_cell(place: Situation, path: Path, name: str) -> Point:
    """The cell that the specification says that an operand names."""
    s = place.local
    operand: Any = {"y": s.y_number, "z": s.z_number}.get(name)
    if operand is None:
        operand = path.variable("x number", 0, s.layout.base - 1)
    return cell_of(s.layout, operand, s.depth + 1)
