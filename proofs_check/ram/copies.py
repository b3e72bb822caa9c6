"""What the heads of the RAM choose and copy, and what the features that they copy say about a token.

The contract (`contract`) speaks of "the latest token that ends an instruction", "the value of the token before": this
lemma ties such words to tensors. How each head scores, which tokens it may choose and what it copies from them are
compared with the meanings below for every token of the vocabulary, at the layer where it reads; the meanings are
written without looking at the circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np

from compiler.machines.ram.isa import Layout
from compiler.machines.ram.vocabulary import ENDS, JUMPS, Token, read_families, write_families
from proofs_check.heads import POSITIONAL
from proofs_check.lemma import Claim, Counterexample, Lemma, NotProved, Refuted
from proofs_check.ram.steps import Ram
from proofs_check.scores import read_score
from proofs_check.tensors import Attention, Linear, show

Meaning = Callable[[Token], int]


@dataclass(frozen=True)
class Copy:
    """What is said of a head.

    Attributes:
        kind: of its score, see `scores`.
        outputs: by what it brings, the meaning (see `meanings`) of the token there, or the wire that it copies; None
            where the contract evaluates the tensors itself, or the key lemma does.
        chooses: the tokens that it may choose, or the wire that says so; None where a query says it all, or the key
            lemma does.
        matches: how many coordinates it matches, or 1 for the position that it looks up.
    """

    kind: str
    outputs: Mapping[str, str] | None = None
    chooses: Meaning | str | None = None
    matches: int = 0


def copies(layout: Layout, addresses: tuple[str, ...]) -> dict[str, Copy]:
    """By head. What those that read the program text or memory bring is in `contract`, `queries` and `keys`.

    addresses: the letters of the address tokens that each set of address heads finds.
    """
    value_there = {"at": "position", "value": "value"}
    found = {
        "mean": Copy("mean", {"pc": "pc", "frame": "frame"}),
        "previous": Copy("previous", {"end": "end", "value": "value", "far": "far", "K": "K"}),
        "second previous": Copy("previous", {"value": "previous.value"}),
        "significant0": Copy("latest", value_there, lambda t: t.family == "BOS" or (t.family == "D" and t.value > 0)),
        "significant1": Copy(
            "latest", value_there, lambda t: t.family == "BOS" or (t.family == "D" and t.value < layout.base - 1)
        ),
        "break": Copy("latest", {"at": "position"}, lambda t: t.family not in ("D", "L", "T", "K")),
        # The token after the latest end of an instruction.
        "start": Copy("latest", {"at": "position", "A0": "A0", "K": "K"}, "previous.end"),
        "frame number": Copy("at", {"at": "position", "square": "position squared"}, matches=1),
        **{name: Copy("at", matches=1) for name in ("opcode", "x", "y", "z", "writer", "target")},
        **{f"top {name}": Copy("latest with default", matches=layout.groups) for name in "xy"},
        **{f"group {name}": Copy("latest", matches=layout.groups + 1) for name in "xy"},
        "caller": Copy("latest", matches=1),
    }
    outputs = {"value": "coordinate", "square": "coordinate squared"}
    for letters in addresses:
        for i in range(layout.groups):
            families = {f"{letter}{i}" for letter in letters}
            names = families | ({"FRAME"} if f"A{layout.groups - 1}" in families else set())
            found[f"address {letters[0]}{i}"] = Copy("latest", outputs, lambda t, names=names: t.family in names)  # type: ignore[misc]
    return found


def meanings(layout: Layout) -> dict[str, Meaning]:
    """Of the token features that are copied by the heads above, or that memory heads choose by."""
    writes, reads = write_families(layout.groups), read_families(layout.groups)

    def coordinate(t: Token) -> int:
        if t.family == "N":
            return t.value if t.value < layout.first_next else t.value - layout.first_next + layout.first_local
        if t.family in (writes[-1], reads[-1]):
            return -t.value
        return t.value if t.family == "FRAME" or t.family in (*writes, *reads) else 0

    def pc(t: Token) -> int:
        if t.family in JUMPS:
            return t.value
        return layout.base * t.value if t.family == "F" else int(t.family in ENDS)

    silent = (*JUMPS, "F", "OP", "BOS", "SAME", "HALT", "FAULT")
    return {
        "pc": pc,
        "far": lambda t: layout.base * t.value if t.family == "F" else 0,
        "frame": lambda t: {"CALL": 1, "RET": -1}.get(t.family, 0),
        "end": lambda t: int(t.family in ENDS),
        "value": lambda t: 0 if t.family in silent else t.value,
        "K": lambda t: int(t.family == "K"),
        "A0": lambda t: int(t.family == "A0"),
        "coordinate": coordinate,
        "coordinate squared": lambda t: coordinate(t) ** 2,
        "sign": lambda t: int(t.flag and t.family in ("L", "T")),
        "last": lambda t: int(t.family in ("L", "T")),
        "run": lambda t: int(t.family in ("D", "L", "T")),
        "Q": lambda t: int(t.family == "Q"),
        "is call": lambda t: int(t.family == "CALL"),
    }


def copy_claims(ram: Ram) -> Iterator[Claim]:
    """Claims about what each head may choose and copies, and that what it reads is complete by then."""
    yield Claim(
        Lemma(
            "features",
            "each token feature that heads copy or choose by means what its name says",
            "every row of the embedding compared",
            "all tokens",
        ),
        lambda: _features(ram),
    )
    yield Claim(
        Lemma(
            "copies: wires",
            "what a head brings it adds as it is, to a wire to which nothing else writes",
            "tensors read back as rationals",
            "all heads",
        ),
        lambda: _only_brought(ram),
    )
    yield Claim(
        Lemma(
            "copies: order",
            "every wire that a head or neuron reads has all that is ever written to it",
            "tensors read back as rationals",
            "all heads and neurons",
        ),
        lambda: _order(ram),
    )
    known = copies(ram.layout, ram.addresses)
    for name in dict.fromkeys([*known, *(h.name for h in ram.model.readback.heads)]):
        yield Claim(
            Lemma(
                f"copies: {name}",
                "the head scores, chooses among the tokens and copies what the contract says",
                "tensors read back as rationals; eligibility and values compared for every token",
                "all tokens, at the layer where the head reads",
            ),
            lambda name=name: _copies(ram, name, known.get(name)),  # type: ignore[misc]
        )


def _features(ram: Ram) -> str:
    readback = ram.model.readback
    for name, meaning in meanings(ram.layout).items():
        column = readback.weights.embedding[:, readback.names.index(name)]
        wanted = np.array([float(meaning(cast(Token, t))) for t in ram.model.vocabulary])
        if not np.array_equal(column, wanted):
            i = int(np.flatnonzero(column != wanted)[0])
            where = f"embedding of {ram.model.vocabulary[i]}"
            raise Refuted(Counterexample(where, {"wire": name}, str(wanted[i]), str(column[i])))
    return f"{len(meanings(ram.layout))} features of {len(ram.model.vocabulary)} tokens"


def _only_brought(ram: Ram) -> str:
    model = ram.model
    for name in model.brought:
        feature = model.readback.weights.embedding[:, model.readback.names.index(name)].any()
        if feature or name in model.positional or name in model.groups:
            other = "the embedding" if feature else "the position" if name in model.positional else "a neuron"
            raise Refuted(Counterexample(f"wire {name!r}", {}, "what a head brings alone", f"{other} as well"))
    return f"{len(model.brought)} wires"


def _order(ram: Ram) -> str:
    model, readback = ram.model, ram.model.readback
    reads = [(str(h), 2 * h.layer, [*(f for pair in h.pairs for f in pair), *h.values]) for h in readback.heads]
    reads += [(str(n), 2 * n.layer + 1, [n.gate, n.up]) for n in readback.neurons]
    for reader, time, forms in reads:
        for name in {name for form in forms for name in form}:
            if model.complete[name] > time:
                raise Refuted(Counterexample(reader, {}, f"{name!r} complete", "it is written to later"))
    return f"{len(reads)} heads and neurons"


def _copies(ram: Ram, name: str, copy: Copy | None) -> str:
    if copy is None:
        raise NotProved(f"nothing says what the head {name!r} is for")
    head = ram.model.readback.head(name)
    score = read_score(head, ram.model.readback.weights.max_tokens)
    expected, found = (copy.kind, copy.matches), (score.kind, len(score.queries))
    if found != expected:
        raise Refuted(Counterexample(str(head), {}, "{}, {} matches".format(*expected), "{}, {}".format(*found)))
    if copy.chooses is not None:
        assert score.penalty is not None
        _compare(ram, head, "1 less than whether it may be chosen", score.penalty, copy.chooses, -1)
    if name == "opcode":
        _nothing_outside_the_program(ram, head)
    if copy.outputs is None:
        return ""
    # A head need not copy what nothing reads.
    for value, output in zip(head.values, head.outputs):
        [wire] = output
        source = copy.outputs.get(wire.removeprefix(f"{name}."))
        if source is None:
            raise NotProved(f"nothing says what {head} brings to {wire!r}")
        _compare(ram, head, wire, value, meanings(ram.layout).get(source, source))
    return ""


def _nothing_outside_the_program(ram: Ram, head: Attention) -> None:
    """Where `pc` is no instruction, the head finds a token other than OP: that must read as no opcode at all."""
    for value, output in zip(head.values, head.outputs):
        column, positional = ram.model.of_token(value, head.layer)
        found = np.flatnonzero((column != 0) & (ram.model.family_of_token != "OP"))
        if positional or len(found):
            where = f"{head} at {ram.model.vocabulary[found[0]]}" if len(found) else str(head)
            raise Refuted(Counterexample(where, {}, f"0 for {', '.join(output)}"))


def _compare(ram: Ram, head: Attention, what: str, form: Linear, meant: Meaning | str, more: int = 0) -> None:
    """Whether a form that the head reads is what is meant, and `more`: of every token, or a wire that is complete."""
    if isinstance(meant, str) and meant not in POSITIONAL:
        expected = {meant: Fraction(1)} | ({"one": Fraction(more)} if more else {})
        if dict(form) != expected:
            raise Refuted(Counterexample(f"{head}, {what}", {}, show(expected), show(form)))
        return
    column, positional = ram.model.of_token(form, head.layer)
    wanted_of_position = {_FEATURES[meant]: 1} if isinstance(meant, str) else {}
    if positional != wanted_of_position:
        raise Refuted(Counterexample(f"{head}, {what}", {}, str(wanted_of_position), str(dict(positional))))
    wanted = [more + (0 if isinstance(meant, str) else meant(cast(Token, t))) for t in ram.model.vocabulary]
    for token, found, value in zip(ram.model.vocabulary, column, wanted):
        if found != value:
            raise Refuted(Counterexample(f"{head} at {token}, {what}", {}, str(value), str(found)))


_FEATURES = {"position": "p", "position squared": "p*p"}
"""By wire, the positional feature as `Model.positional` calls it."""
