"""Heads that find what stands at a position of the prompt by its number, and the tables that have taken their place."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import ceil, floor

import numpy as np

from proofs_check.lemma import Counterexample, Refuted
from proofs_check.specialised.forms import ZERO, Read, added, constant
from proofs_check.specialised.functions import NoFunction, OfNumber, divided
from proofs_check.specialised.prefix import Found, Prefix, Unfollowed, numbers_only
from proofs_check.specialised.reading import Array, Copied, Reading
from proofs_check.tensors import Linear

ONE = Fraction(1)
OFF = 0.25
"""What a running sum may be off by."""


class Lookups:
    """The images of what such heads copy.

    Args:
        heads: those of the universal transformer, all of them.
        read: from a form of its parts to its image.

    Attributes:
        exact: numbers with what they are, exactly, wherever they are off by at most `OFF`.
    """

    def __init__(self, heads: Collection[Copied], made: Reading, prefix: Prefix, read: Read, found: Found) -> None:
        self.heads, self.made, self.prefix, self.read, self.found = heads, made, prefix, read, found
        self.exact: list[tuple[Linear, Linear]] = []

    def _range(self, g: int, r: int) -> tuple[int, int]:
        """From where to where x goes, if g x + r is a position that may be asked for."""
        if self.prefix.asked is None:
            raise Unfollowed("a head may ask for positions after the prompt, by their number")
        last = min(self.prefix.asked[1], self.prefix.length - 1)
        return ceil((self.prefix.asked[0] - r) / g), floor((last - r) / g)

    def _widest(self) -> tuple[int, int]:
        """The same for all heads that ask so, together."""
        ranges = []
        for head in self.heads:
            if head.score.kind == "at" and not numbers_only(head):
                g, r, x = divided(self.read(head.score.queries[0]))
                ranges += [self._range(g, r)] if x else []
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def table(self, head: Copied, part: str) -> Linear:
        """A head that finds what stands at positions of the prefix by their number."""
        g, r, x = divided(self.read(head.score.queries[0]))
        column = self.prefix.column(head.values[part])
        if not x:
            if not 0 <= r < self.prefix.length:
                raise Unfollowed(f"head {head.name!r} asks for a position after the prompt")
            return constant(Fraction(float(column[r])))
        low, high = self._range(g, r)
        wanted = column[np.clip(g * np.arange(low, high + 1) + r, 0, self.prefix.length - 1)]
        if head.name not in self.found.tables:
            self.found.tables.append(head.name)
            self.found.numbers = max(self.found.numbers, high - low + 1)
        if (wanted == wanted[0]).all() and part not in self.made.sums:
            return constant(Fraction(float(wanted[0])))
        return self._tabled(part, x, low, wanted)

    def _tabled(self, part: str, x: Linear, low: int, wanted: Array) -> Linear:
        high = low + len(wanted) - 1
        name = part if part in self.made.sums else None
        for moving, exact in self._bases(x):
            of = OfNumber(self.made, moving, low, high, OFF if exact else 0.0)
            try:
                ours = of.part(name) if name else np.zeros(len(of.points))
            except NoFunction:
                continue
            rest = wanted - of.values(ours, everywhere=False)
            slope = Fraction(float(rest[1] - rest[0])) if exact and len(rest) > 1 else ZERO
            start = Fraction(float(rest[0])) - slope * low
            found = of.values(ours + of.form(added((exact or {}, slope), (constant(start), 1))))
            wrong = np.flatnonzero(found != wanted)
            if len(wrong) and not name:
                break
            if len(wrong):
                at = int(wrong[0])
                number = {"number": str(at + low)}
                raise Refuted(Counterexample(f"table {part!r}", number, f"{wanted[at]:g}", f"{found[at]:g}"))
            return added(({name: ONE} if name else {}, 1), (exact or {}, slope), (constant(start), 1))
        raise Unfollowed(f"there is no table for {part!r}")

    def _bases(self, x: Linear) -> list[tuple[Linear, Linear | None]]:
        """Numbers that are x: itself, with the exact one that was made of it; and x by way of other exact ones."""
        if not any(known == x for known, _ in self.exact):
            self._make_exact(x)
        found: list[tuple[Linear, Linear | None]] = [(x, next((e for known, e in self.exact if known == x), None))]
        for known, exact in self.exact:
            found.append((added((exact, 1), (x, 1), (known, -1)), None))
        return found

    def _make_exact(self, x: Linear) -> None:
        """Finds the parts that are x, exactly, wherever x is off by at most a quarter."""
        low, high = self._widest()
        name = f"number {len(self.exact)} exactly"
        parts = [n for n in (name, name.replace(" exactly", ", low digit exactly")) if n in self.made.sums]
        if not parts:
            return
        of = OfNumber(self.made, x, low, high, OFF)
        try:
            total = sum((of.part(n) for n in parts), np.zeros(len(of.points)))
        except NoFunction:
            return
        rest = of.values(total, everywhere=False) - np.arange(low, high + 1)
        if (rest == rest[0]).all():
            self.exact.append((x, added(({n: ONE for n in parts}, 1), (constant(Fraction(-float(rest[0]))), 1))))
