"""What every part of a specialised transformer carries at its first position, where all heads see that one only."""

from __future__ import annotations

from fractions import Fraction

from proofs_check.lemma import NotProved
from proofs_check.specialised.reading import Copied, Reading
from proofs_check.tensors import Linear


def at_first(reading: Reading) -> dict[str, Fraction]:
    """By part, in exact arithmetic; the token there is the first of the vocabulary.

    Raises:
        NotProved: a head looks further back, and brings nothing.
    """
    one, zero = Fraction(1), Fraction(0)
    there = {"one": one, "position": zero, "position squared": zero, "parity": one, "first": one}
    there |= {name: Fraction(float(column[0])) for name, column in reading.columns.items()}

    def value(form: Linear) -> Fraction:
        return sum((c * there[name] for name, c in form.items()), zero)

    for step in reading.steps:
        if isinstance(step, Copied):
            if step.score.kind == "offset" and step.score.distance:
                raise NotProved(f"head {step.name} looks {step.score.distance} back, where there is nothing")
            there |= {part: value(form) for part, form in step.values.items()}
        else:
            there[step] = sum((c * max(value(gate), zero) * value(up) for gate, up, c in reading.sums[step]), zero)
    return there
