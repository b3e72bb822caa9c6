"""What the heads of the Post-Turing machine are for: where each may look, what it asks, and what it copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from compiler.circuits.circuit import digit_count
from compiler.circuits.expressions import Expression
from compiler.circuits.heads import At, Latest, Mean, Pattern
from compiler.machines.ptm.vocabulary import Vocabulary
from proofs_check.lemma import Counterexample, Refuted
from proofs_check.tensors import Readback

Form = Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """copies: by output; eligible, match: of heads that look for the latest position; query: of those that look up
    a position. A head with none of these takes means."""

    copies: Mapping[str, Form]
    eligible: Form | None = None
    match: tuple[tuple[Form, Form], ...] = ()
    query: Form | None = None
    names: tuple[tuple[str, str], ...] = field(default=())
    """Instead of `match`: (name asked for, name of the key), digit by digit."""


def rows(digits: int) -> dict[str, Row]:
    """The table, by head; `digits` are those of a name."""
    at: Form = {"position": 1}
    opens = {t.value: 1 for t in Vocabulary() if t.opens_instruction}
    found = {t.value: {t.value: 1} for t in Vocabulary() if t.tape or t in ("+", "-", "@")}
    table = {
        "program end": Row({"seen": {"$": 1}}, {"$": 1}),
        "instruction start": Row({"at": at}, opens),
        "jump": Row({"open": {"=": 1}, "at": at}, {"=": 1, "@": 1}),
        "output": Row({"seen": {":": 1}, "at": at}, {":": 1}),
        "mean": Row({"steps": {"steps": 1}, "opens": {"opens": 1}, "A": {"move A": 1}, "B": {"move B": 1}}),
        "instruction": Row(
            found,
            {"one": 1, "program end.seen": -1, "^": -1},
            names=(("next instruction", "own instruction"), ("offset", "offset")),
        ),
    }
    queries: dict[str, Form] = {
        "offset": {"count": 1},
        "next instruction": {"sum steps": 1, "back": 1, "one": 1},
        "own instruction": {"sum opens": 1},
        **{f"{t} right": {f"sum {t}": 1} for t in "AB"},
        **{f"{t} left": {f"sum {t}": -1} for t in "AB"},
    }
    copied = {f"digit {i}": {f"digit {i}": 1} for i in range(digits)}
    table |= {name: Row(copied, query=query) for name, query in queries.items()}
    for name, tape in (("A cell", "A"), ("B cell", "B"), ("output mark", "A"), ("output bit", "A")):
        key: list[Form] = [{f"{tape} right.digit {i}": 1, f"{tape} left.digit {i}": -1} for i in range(digits)]
        asked: list[Form] = [{f"offset.digit {i}": 1} for i in range(digits)]
        if name == "output bit":
            asked[0] = {**asked[0], "one": 1}
        match = tuple(zip(key if name.endswith("cell") else asked, key))
        table[name] = Row({"bit": {f"{tape}1": 1}}, {f"writes {tape}": 1}, match)
    return table


def copies(readback: Readback) -> str:
    """Raises Refuted where a head differs from its row."""
    weights = readback.weights
    digits = digit_count(weights.radix, weights.max_tokens)
    table = rows(digits)
    patterns = {n: p for layer in weights.layers for n, p in zip(layer.head_names, layer.patterns)}
    if patterns.keys() != table.keys():
        raise Refuted(Counterexample("the heads", {}, ", ".join(sorted(table)), ", ".join(sorted(patterns))))
    for name, row in table.items():
        head = readback.head(name)
        found = {
            next(iter(output)): dict(value) for output, value in zip(head.outputs, head.values) if len(output) == 1
        }
        _compare(f"what head {name!r} copies", {f"{name}.{o}": _fractions(f) for o, f in row.copies.items()}, found)
        if any(set(output.values()) != {1} for output in head.outputs):
            raise Refuted(Counterexample(f"an output of head {name!r}", {}, "1", "another weight"))
        _compare_pattern(name, row, patterns[name], digits)
    return f"{len(table)} heads"


def _compare_pattern(name: str, row: Row, pattern: Pattern, digits: int) -> None:
    match pattern:
        case Mean():
            fits = row.eligible is None and row.query is None
        case At(query):
            fits = row.query is not None and _form(query) == _fractions(row.query)
        case Latest(match=pairs, eligible=eligible):
            expected = row.match or tuple(
                ({f"{asked}.digit {i}": 1}, {f"{key}.digit {i}": 1}) for asked, key in row.names for i in range(digits)
            )
            fits = row.eligible is not None and _form(eligible) == _fractions(row.eligible)
            fits &= [(_form(q), _form(k)) for q, k in pairs] == [(_fractions(q), _fractions(k)) for q, k in expected]
        case _:
            fits = False
    if not fits:
        raise Refuted(Counterexample(f"the pattern of head {name!r}", {}, str(row), str(pattern)))


def _compare(where: str, expected: object, found: object) -> None:
    if expected != found:
        raise Refuted(Counterexample(where, {}, str(expected), str(found)))


def _form(expression: Expression) -> dict[str, Fraction]:
    return {wire.name: Fraction(c) for wire, c in expression.wires.items()}


def _fractions(form: Form) -> dict[str, Fraction]:
    return {name: Fraction(c) for name, c in form.items()}
