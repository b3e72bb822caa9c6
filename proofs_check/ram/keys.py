"""The key lemma: what each token writes is what later heads find under its position's keys and values.

The memory of the machine is "the latest write". So if at every position that the memory heads may choose the key
is the cell and group index that the token there writes, in the specification's names, then such a head finds the
cell's present value. Positions that they must not choose only need a key whose square wire is the square of its
length: their score is then below that of any match and of the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
import z3

from compiler.machines.ram.vocabulary import Token
from interpreter.model.transformer import Transformer
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ram.cases import Situation
from proofs_check.ram.copies import copies
from proofs_check.ram.queries import POSITIONS, compare, nothing_is_known
from proofs_check.ram.steps import Proof, Ram, once
from proofs_check.ram.writes import Effect, Write, contract_of, entered, writes, written_at
from proofs_check.scores import read_score
from proofs_check.symbolic.paths import Path, Term, explore
from proofs_check.symbolic.polynomials import Polynomial, constant, total
from proofs_check.symbolic.solver import prove
from proofs_check.symbolic.stream import Stream, SymbolicToken
from proofs_check.tensors import Linear

MEMORY = ("top x", "top y", "group x", "group y", "caller")
"""Heads that look for what a token of an instruction or of a prompt wrote; `caller` for the frame that it entered."""


def token_claims(ram: Ram) -> Iterator[Claim]:
    """About the first position, and about single tokens."""
    yield Claim(
        Lemma(
            "keys: BOS",
            "at the first position all memory keys are 0 and no memory head may choose it: a default reads as 0",
            "the module run on this one token",
            "position 0",
        ),
        lambda: _first_position(ram),
    )
    yield Claim(
        Lemma(
            "keys: families",
            "the lemmas about keys go through every family of tokens that may have another token after it",
            "comparison with the vocabulary",
            "all tokens",
        ),
        lambda: _every_family(ram),
    )
    yield Claim(
        Lemma(
            "keys: features of one token",
            "wherever a head looks in a prompt: the square that it brings is that of the slot, a next-frame operand is "
            "local, a token is at most one opcode, and flags are 0 or 1",
            "every row of the embedding",
            "all tokens, at the layer where the head reads",
        ),
        lambda: _features_of_one_token(ram),
    )


def key_claims(ram: Ram) -> Iterator[Claim]:
    """Claims that every token's keys and values are those of what it writes."""
    yield from token_claims(ram)
    yield Claim(
        Lemma(
            "keys: quotients",
            r"$\lfloor x/d \rfloor$ is neither 0 nor $-1$ for $x \ge B$ or $x < -B$ and $1 \le d < B$: a quotient of "
            "several digits has one that is not all sign, so that a T can repeat it",
            "z3, linear integer arithmetic",
            "all integers",
        ),
        lambda: _long_quotients(ram.layout.base),
    )
    for write in writes(ram):
        yield Claim(
            Lemma(
                f"keys: {write}",
                "keys, squared keys and values at the token's position are the cell, group and value that it writes; "
                "the heads that this rests on ask for the instruction and the frame that it belongs to",
                "symbolic execution of the tensors, path by path, z3 in linear integer arithmetic",
                "every state that the invariant allows, every kind of operand, all integers",
            ),
            lambda write=write: prove_keys(ram, write),  # type: ignore[misc]
        )


# ------------------------------------------------------------------------------------------------ the proof


def prove_keys(ram: Ram, write: Write, proof: Proof = once) -> str:
    """Shows, for one kind of write, that eligibility, key and values of every memory head are the contract's.

    Raises:
        NotProved, Refuted: it could not be shown, or is not so.
    """

    def run(path: Path) -> None:
        place, effect = written_at(ram, write, path)
        token = place.local.token
        contract = contract_of(ram, write, place, path)
        symbolic = SymbolicToken(token.family, token.value, token.flag)

        def check(stream: Stream) -> None:
            for name in MEMORY:
                _check_head(stream, path, name, offered(name, place, effect), token, f"keys: {write}")
            for name, point in asked_there(ram, place).items():
                if point is not None:
                    compare(stream, name, point, path, f"keys: {write}")
                elif write.opcode is not None:
                    nothing_is_known(ram, name, contract)

        proof(check, Stream(ram.model, path, symbolic, place.position, contract))

    return f"{explore(run)} paths"


def asked_there(ram: Ram, place: Situation) -> dict[str, Sequence[Any] | None]:
    """By head, what it must ask for where a token is written; None if nothing depends on what it finds.

    Of a token of an instruction, that is the instruction's own opcode and operand z, and the frame after the token.
    """
    s, inside = place.local, place.case.opcode is not None
    found: dict[str, Sequence[Any] | None] = {
        name: None for name, copy in copies(ram.layout, ram.addresses).items() if copy.matches
    }
    if inside or s.token.family == "CALL":
        found["frame number"] = [s.depth + 1 + entered(s.token.family)]
        found["target"] = [4 * s.pc + POSITIONS["target"]]
    if inside:
        found["writer"] = [4 * s.pc + POSITIONS["writer"]]
    return found


def chosen_families(head: str) -> frozenset[str]:
    """The families of the tokens that a memory head may choose."""
    if head == "caller":
        return frozenset({"CALL"})
    return frozenset({"D", "L", "T", "Q"} if head.startswith("group") else {"L", "T"})


@dataclass(frozen=True)
class Offer:
    """What a position that a memory head may choose has for it; None: of a key, any integer; of a value, anything."""

    key: Sequence[Any]
    values: Mapping[str, Any]


def offered(head: str, place: Situation, effect: Effect) -> Offer | None:
    """None for a token that the head may not choose."""
    token = place.local.token
    if token.family not in chosen_families(head):
        return None
    if head == "caller":
        return Offer([place.local.depth + 2], {"pc": place.local.pc})
    if effect.cell is None:
        raise NotProved(f"the head {head!r} may choose {token}, which writes nothing")
    key = [*effect.cell, *([effect.index] if head.startswith("group") else [])]
    return Offer(key, {"index": effect.index, "value": token.value, "sign": token.flag})


def _check_head(stream: Stream, path: Path, name: str, offer: Offer | None, token: Token, where: str) -> None:
    """Eligibility and the squared key, whatever the token; key and values of a token that the head may choose."""
    readback = stream.model.readback
    head = readback.head(name)
    time = 2 * head.layer
    score = read_score(head, readback.weights.max_tokens)
    rows = [stream.form(k, time) for k in score.keys]
    penalty = stream.form(cast(Linear, score.penalty), time)
    square = total((row * row, 1) for row in rows if not path.certainly_zero(row))
    eligible = constant(int(offer is not None))
    _equal(path, f"{where}, {head}, eligibility and squared key", penalty, eligible - constant(1) - square)
    if offer is None:
        return
    for i, (found, point) in enumerate(zip(rows, offer.key, strict=True)):
        if point is not None:
            _equal(path, f"{where}, {head}, key {i}", found, _polynomial(path, point))
        elif not all(isinstance(c, int) for c in found.terms.values()):
            raise NotProved(f"{where}, {head}, key {i}: {found} may be no integer")
    for value, output in zip(head.values, head.outputs):
        [wire] = output
        point = offer.values[wire.rpartition(".")[2]]
        if point is None and score.query_square is not None:
            raise NotProved(f"{where}, {head}: nothing says that {wire!r} is an integer")
        if point is not None:
            _equal(path, f"{where}, {head}, value for {wire!r}", stream.form(value, time), _polynomial(path, point))


def _polynomial(path: Path, value: Any) -> Polynomial:
    return value.polynomial if isinstance(value, Term) else path.term(value).polynomial


def _equal(path: Path, where: str, found: Polynomial, expected: Polynomial) -> None:
    for gap in (found - expected, expected - found):
        if not path.certain(gap):
            values = path.witness(gap)
            if values is None or not (found - expected).variables <= values.keys():
                raise NotProved(f"{where}: cannot show {found} = {expected}")
            shown = {name: str(v) for name, v in values.items()}
            raise Refuted(Counterexample(where, shown, str(expected.at(values)), str(found.at(values))))


def _first_position(ram: Ram) -> str:
    readback = ram.model.readback
    bos = [i for i, t in enumerate(ram.model.vocabulary) if t.family == "BOS"]
    residual = Transformer(readback.weights).residual(torch.tensor(bos))[0].tolist()
    values = dict(zip(readback.names, residual))
    for name in MEMORY:
        score = read_score(readback.head(name), readback.weights.max_tokens)
        forms = [*score.keys, cast(Linear, score.penalty)]
        *rows, last = (sum(float(c) * values[w] for w, c in form.items()) for form in forms)
        if any(rows) or last != -1:
            raise Refuted(Counterexample(name, {"key": str([*rows, last])}, "0 …, -1"))
        copied = (sum(float(c) * values[w] for w, c in v.items()) for v in readback.head(name).values)
        if score.query_square is not None and any(copied):
            raise Refuted(Counterexample(name, {}, "value 0"))
    return ""


def _long_quotients(base: int) -> str:
    x, d = z3.Ints("x d")
    prove("a quotient", z3.Or(x < -d, x >= d), z3.Or(x >= base, x < -base), 1 <= d, d < base)
    return ""


def _every_family(ram: Ram) -> str:
    known = {write.family for write in writes(ram)} | {"BOS", "HALT", "FAULT"}
    missing = [family for family in ram.model.families if family not in known]
    if missing:
        raise NotProved(f"no lemma is about the keys of {', '.join(missing)}")
    return f"{len(known)} families"


def _features_of_one_token(ram: Ram) -> str:
    """What `writes.contract_of` takes for granted of the token that a head finds, whichever that is."""
    model = ram.model

    def brought(head: str) -> dict[str, npt.NDArray[np.float64]]:
        found = model.readback.head(head)
        wires = [(v, wire.removeprefix(f"{head}.")) for v, o in zip(found.values, found.outputs) for wire in o]
        return {what: model.of_token(v, found.layer)[0] for v, what in wires if what != "at"}

    target, writer, start = brought("target"), brought("writer"), brought("start")
    flags = {f"target.{n}": target[n] for n in ("local", "next")} | {f"writer.{n}": c for n, c in writer.items()}
    flags |= {f"start.{n}": c for n, c in start.items()}
    claims = [(f"{name} is 0 or 1", (c == 0) | (c == 1)) for name, c in flags.items()]
    claims.append(("a token is at most one opcode", sum(writer.values(), 0 * target["slot"]) <= 1))
    claims.append(("a next-frame operand is local", target["next"] <= target["local"]))
    if "slot_square" in target:
        claims.append(("the square of the slot", target["slot_square"] == target["slot"] ** 2))
    for what, holds in claims:
        if not holds.all():
            raise Refuted(Counterexample(f"{model.vocabulary[int(np.argmin(holds))]}", {}, what))
    return f"{len(model.vocabulary)} tokens"
