"""What traces of the Post-Turing machine promise about sizes: for exactness, and for the running sums.

Of a trace of n tokens that a prompt of the codec begins, let P be the number of instructions of the program, and E and
D those of moves, writes and `/`, and of `-`, after the program.

- The program takes at least P tokens, so n >= P + E + D. The number of the next instruction never exceeds the larger
  of P and the prompt's own instructions, which the prompt takes back; so E <= P + D, and 2 E <= n: at most half of the
  tokens are moves, and no head is ever farther than n/2 from where it began.
- Instruction k is reached over k tokens after the program, which has P >= k; the prompt's own instructions are taken
  back one by one: 2 k <= n. The instructions of the program itself are counted up to P <= n.
- A count is at most n: it is a place in an instruction of the program, or in a jump, or 2 i for bit i of the output,
  and the bits before that one stood in cells up to 2 i - 1, which the head has reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from proofs_check.ranges import Range
from proofs_check.sums import Bounds

WHY = (
    "a trace of n tokens has at most n/2 moves, writes and jumps not taken, and its heads, instruction numbers and "
    "counts stay within n (proofs_check/ptm/bounds.py)"
)


def assumed(tokens: int) -> Mapping[str, Range]:
    """Ranges of wires by the invariant above."""
    return {"count": _integers(0, tokens), "back": _integers(-tokens, tokens)}


def _integers(low: int, high: int) -> Range:
    return Range(Fraction(low), Fraction(high), Fraction(1))


def sum_bounds() -> Bounds:
    """How far the running sums and their variation may go, by the number of tokens."""
    half = {"sum A", "sum B"}

    def variation(total: str, tokens: int) -> Fraction:
        return Fraction(tokens, 2) if total in half else Fraction(tokens)

    def swing(total: str, tokens: int) -> Fraction:
        return Fraction(tokens) if total == "sum opens" else Fraction(tokens, 2)

    def target(head: str, tokens: int) -> int:
        return tokens if head == "own instruction" else tokens // 2 + 1

    def query(head: str, tokens: int) -> Fraction:
        # The sum, what a jump has moved already, and 1.
        return Fraction(tokens + 2)

    return Bounds(variation, swing, target, query)
