"""Tokens whose logit is never above that of every other one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proofs_check.lemma import NotProved
from proofs_check.specialised.bounds import Interval
from proofs_check.specialised.reading import Array


def never_largest(logits: Mapping[str, Array], bounds: Mapping[str, Interval], kept: Array) -> int:
    """How many tokens are not among `kept[1:]`; of each of them, another token has always at least its logit.

    logits: by part, what it adds to each; bounds: of the parts. Of a part that is never below 0 a smaller weight is no
    better; a constant one adds a constant; of all others the weights of the two tokens must be equal.

    Raises:
        NotProved: a token may be decoded.
    """
    size = len(next(iter(logits.values())))
    fixed, above, free = np.zeros(size), [], []
    for part, column in logits.items():
        low, high = bounds[part]
        if low == high:
            fixed = fixed + float(low) * column
        elif low >= 0:
            above.append(column)
        elif high <= 0:
            above.append(-column)
        else:
            free.append(column + 0.0)
    rows = np.stack([fixed, *above], 1)
    gone = np.ones(size, dtype=bool)
    gone[kept[1:]] = False
    alike: dict[bytes, list[int]] = {}
    for i, row in enumerate(np.ascontiguousarray(np.stack(free, 1) if free else np.zeros((size, 0)))):
        alike.setdefault(row.tobytes(), []).append(i)
    total = rows.sum(1)
    for group in alike.values():
        best: list[Array] = []
        for i in sorted(group, key=total.__getitem__, reverse=True):
            if any((other >= rows[i]).all() for other in best):
                continue
            # It is as good as itself; what has the same logit as another token is not above it either.
            if gone[i] and (rows[group] >= rows[i]).all(1).sum() == 1:
                raise NotProved(f"token {i} has been left out, and nothing shows that it is never decoded")
            best.append(rows[i])
    return int(gone.sum())
