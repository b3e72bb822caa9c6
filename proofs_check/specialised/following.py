"""Each part of the universal transformer as a form of parts of the specialised one, at every position after the prompt.

Position q of the specialised transformer, from 1 on, stands for position q + L - 1 of the universal one, L being the
tokens that were moved into the weights. Parts are taken as the logits ask for them; names are hints only: what is said
of a part is what the tensors of both say.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from proofs_check.specialised.bounds import Bounds, Interval
from proofs_check.specialised.first import at_first
from proofs_check.specialised.forms import (
    ZERO,
    Neurons,
    added,
    constant,
    later,
    simplified,
    triples,
)
from proofs_check.specialised.lookups import Lookups
from proofs_check.specialised.prefix import Found, Prefix, Unfollowed, numbers_only
from proofs_check.specialised.reading import Array, Copied, Reading
from proofs_check.tensors import Linear

ONE = Fraction(1)
COUNT: Linear = {"one": ONE, "position": ONE}


class Following:
    """The images of the parts of the universal transformer.

    A part without a counterpart is its own image, under a name of its own, of which bounds are known. That does not
    matter where what reads it does not depend on it.

    Args:
        kept: the numbers, in the universal vocabulary, of the specialised one's tokens.

    Attributes:
        open: by the name of such a part, why it has none.
    """

    def __init__(self, universal: Reading, made: Reading, prefix: Prefix, kept: Array, max_tokens: int) -> None:
        self.universal, self.made, self.prefix, self.kept = universal, made, prefix, kept
        self.first = at_first(made)
        self.known = Bounds(made, self.first, max_tokens)
        self.heads = {part: step for step in universal.steps if isinstance(step, Copied) for part in step.values}
        self.ours = {step.name: step for step in made.steps if isinstance(step, Copied)}
        self.found = Found()
        every = [step for step in universal.steps if isinstance(step, Copied)]
        self.lookups = Lookups(every, made, prefix, self.form, self.found)
        by = Fraction(prefix.length - 1)
        self.images: dict[str, Linear] = {
            "one": constant(1),
            "position": added((COUNT, 1), (constant(by - 1), 1)),
            "position squared": added(
                ({"position squared": ONE}, 1), ({"position": ONE}, 2 * by), (constant(by * by), 1)
            ),
            "parity": {"parity": Fraction((-1) ** int(by))},
            "first": {},
        }
        self.open: dict[str, str] = {}
        self.inside: dict[str, tuple[Linear, ...]] = {}

    # ------------------------------------------------------------------------------------------ forms

    def form(self, form: Linear) -> Linear:
        """The image of a form."""
        return added(*((self.part(name), c) for name, c in form.items()))

    def part(self, name: str) -> Linear:
        """The image of a part."""
        if name not in self.images:
            try:
                self.images[name] = self._image(name)
            except Unfollowed as reason:
                self.images[name] = self._own(name, str(reason), *self._reach(name))
        return self.images[name]

    def _own(self, name: str, reason: str, bounds: Interval, *inside: Linear) -> Linear:
        """The part as its own image; inside: forms of which it is made."""
        called = f"{name} of the universal transformer"
        self.open[called], self.known.known[called], self.inside[called] = reason, bounds, inside
        return {called: ONE}

    def _reach(self, name: str) -> tuple[Interval, Linear]:
        """Bounds of a part that has no counterpart, and a form of what it is made of."""
        if name in self.universal.columns:
            column = self.universal.columns[name][self.kept][1:]
            return (Fraction(float(column.min())), Fraction(float(column.max()))), {}
        if name in self.heads:  # it brings what is at some position, there or in the prefix, or nothing
            form = self.heads[name].values[name]
            image, column = self.form(form), self.prefix.column(form)
            low, high = self.known.form(image)
            least, most = Fraction(float(column.min())), Fraction(float(column.max()))
            return (min(low, least, ZERO), max(high, most, ZERO)), image
        mean = self.form({part: c for _, up, _ in self.universal.sums[name] for part, c in up.items()})
        low, high = self.known.form(mean)
        length = Fraction(self.known.max_tokens + self.prefix.length)
        return (min(low * length, ZERO), max(high * length, ZERO)), mean

    def reason(self, name: str) -> str:
        """Why a part has no counterpart, or something that it is made of."""
        for form in self.inside[name]:
            for part in form:
                if part in self.open:
                    return self.reason(part)
        return self.open[name]

    def _image(self, name: str) -> Linear:
        if name in self.universal.columns:
            return self._column(name)
        if name in self.heads:
            return self._copied(self.heads[name], name)
        neurons = self.universal.sums[name]
        mean = self._mean_of(name)
        if mean is not None:
            return self._running_sum(name, mean)
        self.found.sums += 1
        return self._sum(name, *simplified(neurons, self.form, self.known))

    def _column(self, name: str) -> Linear:
        column = self.universal.columns[name][self.kept][1:]
        if (column == column[0]).all():
            return constant(Fraction(float(column[0])))
        ours = self.made.columns.get(name)
        if ours is None or not np.array_equal(ours[1:], column):
            raise Unfollowed(f"the embedding says of tokens something else on {name!r}")
        return {name: ONE}

    def _sum(self, name: str, linear: Linear, neurons: Neurons) -> Linear:
        """The image of a linear part and neurons, which `name` has in the specialised transformer, if any are left."""
        if not neurons:
            return linear
        low, high = self.known.sum(triples(neurons))
        if low == high:
            return added((linear, 1), (constant(low), 1))
        for called in (name, f"{name}, again"):
            if called not in self.made.sums:
                continue
            part, ours = simplified(self.made.sums[called], lambda form: form, self.known)
            rest = dict(neurons)
            for key, c in ours.items():
                rest[key] = rest.get(key, ZERO) - c
            low, high = self.known.sum(triples({key: c for key, c in rest.items() if c}))
            if low == high:
                return added((linear, 1), (constant(low), 1), (part, -1), ({called: ONE}, 1))
        inside = tuple(form for gate, up, _ in triples(neurons) for form in (gate, up))
        own = self._own(name, f"the neurons of {name!r} are others", self.known.sum(triples(neurons)), *inside)
        return added((linear, 1), (own, 1))

    # ------------------------------------------------------------------------------------------ heads

    def _mean_of(self, name: str) -> str | None:
        """Of a part that is a mean times the number of positions: the mean."""
        [(gate, up, c), *others] = self.universal.sums[name]
        means = [part for part in up if part in self.heads and self.heads[part].score.kind == "mean"]
        if others or not means:
            return None
        if gate != COUNT or up != {means[0]: ONE} or c != 1:
            raise Unfollowed(f"{means[0]!r} is read otherwise than as a sum")
        return means[0]

    def _running_sum(self, name: str, mean: str) -> Linear:
        summand = self.heads[mean].values[mean]
        before = Fraction(float(self.prefix.column(summand).sum()))
        image = self.form(summand)
        if not image:
            return constant(before)
        head = self.ours.get(self.heads[mean].name)
        ours = head.values.get(mean) if head and head.score.kind == "mean" else None
        if ours is None or later(ours) != image or list(self.made.sums.get(name, ())) != [(COUNT, {mean: ONE}, ONE)]:
            raise Unfollowed(f"there is no such running sum as {name!r}")
        self.found.heads.append(self.heads[mean].name)
        return added(({name: ONE}, 1), (constant(before - self.first[mean]), 1))

    def _copied(self, head: Copied, part: str) -> Linear:
        match head.score.kind:
            case "mean":
                raise Unfollowed(f"{part!r} is read otherwise than as a sum")
            case "previous" | "offset" if head.score.distance <= 1:
                return self._before(head, part)
            case "at" if numbers_only(head):
                return self._number(head, part)
            case "at":
                return self.lookups.table(head, part)
            case "latest" if not head.score.queries:
                return self._register(head, part)
            case "latest" | "latest with default":
                return self._search(head, part)
        raise Unfollowed(f"head {head.name!r} attends in a way that is not covered")

    def _same(self, head: Copied, part: str, there: Fraction) -> Linear:
        """Of a head that finds the same position as ours of its name, or both what stands there."""
        image = self.form(head.values[part])
        if image == constant(there):
            return image
        ours = self.ours.get(head.name)
        if ours is None or part not in ours.values or later(ours.values[part]) != image:
            raise Unfollowed(f"head {head.name!r} copies something else to {part!r}")
        if self.first[part] != there:
            raise Unfollowed(f"head {head.name!r} finds {self.first[part]} on {part!r}, the prompt has {there}")
        if head.name not in self.found.heads:
            self.found.heads.append(head.name)
        return {part: ONE}

    def _ours(self, head: Copied, *types: str) -> Copied:
        ours = self.ours.get(head.name)
        if ours is None or ours.score.kind not in types:
            raise Unfollowed(f"there is no head like {head.name!r}")
        return ours

    def _before(self, head: Copied, part: str) -> Linear:
        there = self.prefix.at(head.values[part], self.prefix.length - 1)
        if head.score.kind == "offset" and not head.score.distance:
            there = self.first.get(part, ZERO)  # it sees itself
        if self.form(head.values[part]) != constant(there):
            ours = self._ours(head, head.score.kind)
            if ours.score.distance != head.score.distance:
                raise Unfollowed(f"head {head.name!r} looks elsewhere")
        return self._same(head, part, there)

    def _offered(self, head: Copied) -> list[int]:
        """At which positions of the prefix it may look."""
        return [int(p) for p in np.flatnonzero(self.prefix.column(self.prefix.eligible[head.name]) == 1)]

    def _never(self, head: Copied) -> bool:
        """Whether it may look at no position after the prefix, by bounds."""
        return self.known.form(self.form(self.prefix.eligible[head.name]))[1] <= 0

    def _register(self, head: Copied, part: str) -> Linear:
        offered = self._offered(head)
        there = self.prefix.at(head.values[part], offered[-1]) if len(offered) else None
        if self._never(head):
            return self.form(head.values[part]) if there is None else constant(there)
        brought = self.first.get(part, ZERO) if there is None else there
        if self.form(head.values[part]) == constant(brought):
            return constant(brought)
        ours = self._ours(head, "latest")
        assert ours.score.penalty is not None and head.score.penalty is not None
        eligible = self._at_first(ours.score.penalty) + 1
        if (
            ours.score.queries
            or later(ours.score.penalty) != self.form(head.score.penalty)
            or eligible != bool(len(offered))
        ):
            raise Unfollowed(f"head {head.name!r} looks elsewhere")
        return self._same(head, part, brought)

    def _at_first(self, form: Linear) -> Fraction:
        return sum((c * self.first[name] for name, c in form.items()), ZERO)

    def _search(self, head: Copied, part: str) -> Linear:
        entries, default = self._entries(head, part)
        queries = [self.form(q) for q in head.score.queries]
        missing, square, image = self._searched(head, part, queries, default, bool(entries))
        if not entries:
            return image
        neurons = []
        for key, value in entries.items():
            gate = added((missing, 1), (square, -1), (constant(sum((k * k for k in key), ZERO)), -1),
                         *((q, 2 * k) for q, k in zip(queries, key)))  # fmt: skip
            neurons.append((gate, constant(1), value - default))
        name = f"{part} from the prompt"
        values = [ZERO, *(c for *_, c in neurons)]
        self.known.told[name] = min(values), max(values)
        self.found.entries += len(entries)
        return added((image, 1), (self._sum(name, *simplified(neurons, lambda form: form, self.known)), 1))

    def _entries(self, head: Copied, part: str) -> tuple[dict[tuple[Fraction, ...], Fraction], Fraction]:
        """What the prefix has on a part by key, where it is not what the head brings by default; and that."""
        column, keys = self.prefix.column(head.values[part]), [self.prefix.column(k) for k in head.score.keys]
        default = self.first.get(part, ZERO)
        if head.score.query_square is not None:
            default = Fraction(float(column[0]))
        offered = self._offered(head)
        latest = {tuple(Fraction(float(key[p])) for key in keys): Fraction(float(column[p])) for p in offered}
        if any(k.denominator != 1 for key in latest for k in key):
            raise Unfollowed(f"a key of head {head.name!r} in the prompt is not whole")
        return {key: value for key, value in latest.items() if value != default}, default

    def _searched(
        self, head: Copied, part: str, queries: list[Linear], default: Fraction, answered: bool
    ) -> tuple[Linear, Linear, Linear]:
        """Forms of: that nothing in the run matches; the square of what is looked for; what the run has, or `default`.

        answered: whether the first two are asked for.
        """
        if self._never(head):
            return constant(1), self._square(head, queries) if answered else {}, constant(default)
        image = self.form(head.values[part])
        if not answered and image == constant(default):
            return {}, {}, image
        ours = self._ours(head, "latest", "latest with default")
        penalty = None if head.score.penalty is None else self.form(head.score.penalty)
        assert ours.score.penalty is not None
        *keys, off = (self._at_first(form) for form in (*ours.score.keys, ours.score.penalty))
        found = ours.score.query_square
        if found is None and off == -ONE / 2:  # a default, where the square is 0 and so not in the score
            found, off = {}, -ONE
        if (
            _pairs(ours.score.queries, [later(k) for k in ours.score.keys])
            != _pairs(queries, [self.form(k) for k in head.score.keys])
            or later(ours.score.penalty) != penalty
            or any(keys)
            or off != -ONE
        ):
            raise Unfollowed(f"head {head.name!r} looks elsewhere")
        if found is None:
            if head.score.kind != "latest" or answered:
                raise Unfollowed(f"head {head.name!r} has no default")
            return {}, {}, self._same(head, part, self.first.get(part, ZERO))
        square = self._square(head, queries)
        if square != found:
            raise Unfollowed(f"head {head.name!r} squares something else")
        copied = constant(default) if image == constant(default) else self._same(head, part, default)
        if not answered:
            return {}, square, copied
        flags = [name for name, form in ours.values.items() if form == {"first": ONE}]
        if not flags:
            raise Unfollowed(f"head {head.name!r} does not say when it finds nothing")
        return {flags[0]: ONE}, square, copied

    def _square(self, head: Copied, queries: list[Linear]) -> Linear:
        """The square of what a head looks for."""
        if head.score.query_square is not None:
            return self.form(head.score.query_square)
        sides = [(side, side, ONE) for q in queries for side in (q, added((q, -1)))]
        return self._sum(f"{head.name} query squared", *simplified(sides, lambda form: form, self.known))

    # ------------------------------------------------------------------------- positions by their number

    def _number(self, head: Copied, part: str) -> Linear:
        """A head that copies numbers of positions: the position, counted from another first one, is found as well."""
        query, form = self.form(head.score.queries[0]), head.values[part]
        shift = self.prefix.asked[0] if self.prefix.asked else 0
        there = _polynomial(form, shift)
        if self.known.form(added((query, 1), (constant(shift), -1)))[1] <= 0:
            return constant(there)
        ours = self._ours(head, "at")
        if ours.score.queries[0] != added((query, 1), (constant(shift), -1)):
            raise Unfollowed(f"head {head.name!r} asks for something else")
        wanted = added(
            (constant(form.get("one", ZERO)), 1),
            ({"position": ONE, "one": Fraction(shift)}, form.get("position", ZERO)),
            ({"position squared": ONE, "position": Fraction(2 * shift), "one": Fraction(shift**2)},
             form.get("position squared", ZERO)),
        )  # fmt: skip
        if ours.values.get(part) is None or later(ours.values[part]) != wanted or self.first[part] != there:
            raise Unfollowed(f"head {head.name!r} copies something else to {part!r}")
        if head.name not in self.found.heads:
            self.found.heads.append(head.name)
        return {part: ONE}


def _polynomial(form: Linear, number: int) -> Fraction:
    """A form of positional features at a position."""
    powers = {"one": 1, "position": number, "position squared": number**2}
    return sum((c * powers[name] for name, c in form.items()), ZERO)


def _pairs(queries: Sequence[Linear], keys: Sequence[Linear]) -> list[tuple[Linear, Linear]]:
    """Those whose product may be other than 0."""
    return [(q, k) for q, k in zip(queries, keys, strict=True) if q and k]
