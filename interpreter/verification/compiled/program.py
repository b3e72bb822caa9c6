"""What a compiled program is made of besides the code that is generated, and how it is called.
`run(words, carried, tokens, emitted, found, begin, end, last, checked)` goes through positions `begin` to `end - 1`,
and returns the position that it has come to: `end`, or the first one of a block of eight where something is to be
looked at. It stops

- after the block where a token is wrong: after a position p from `checked - 1` on, up to `last - 1`, another token is
  emitted than token p + 1 (`emitted[p - begin]` says which, -1 for one that depends on what nobody knows);
- after the block where what is assumed of some position does not hold: words[FAILED_AT] and words[REASON] say where;
- after the block in which a hash table has become half full: words[FULL] is then 1.

What comes later than a wrong token or failure is not computed in vain only: no position depends on later ones.

An entry that nobody knows (see `interpreter.verification.transformer`) is NaN. It spreads through sums by itself, and
a neuron is 0 where its gate is not above 0 or its up is 0, whatever the other is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from interpreter.verification.compiled.graph import Found
from interpreter.verification.compiled.lookups import NAN
from interpreter.verification.compiled.vectors import LANES, MASK, VECTOR

FAILED_AT, REASON, FULL = range(3)
"""Words with a fixed meaning."""
NOWHERE = 2**62
"""words[FAILED_AT] as long as nothing has failed."""


@dataclass(frozen=True)
class Program:
    """The text of the code, and what its words and areas are.

    Attributes:
        text: LLVM code.
        words: how many there are.
        tables: arrays to whose first number a word points, float32 where that is exact.
        histories: words that point to what an At scan keeps, and how many numbers that is at a position.
        matches: where the description of a match scan's table begins.
        slots: which vector of the area `found` has an output of a scan.
        area: how many vectors it has.
        failures: what it means that words[REASON] is i.
    """

    text: str
    words: int
    tables: dict[int, npt.NDArray[Any]]
    histories: dict[int, int]
    matches: dict[int, int]
    slots: dict[Found, int]
    area: int
    failures: tuple[str, ...]


HEAD = f"""
@unknown = internal constant [64 x double] [{", ".join([f"double {NAN}"] * 64)}]
define internal void @fail(ptr %words, i64 %p, i64 %end, i{LANES} %lanes, i64 %reason) cold noinline {{
  %lane = call i{LANES} @llvm.cttz.i{LANES}(i{LANES} %lanes, i1 true)
  %wide = zext i{LANES} %lane to i64
  %position = add i64 %p, %wide
  %inside = icmp slt i64 %position, %end
  %place = getelementptr i64, ptr %words, i64 {FAILED_AT}
  %before = load i64, ptr %place
  %earlier = icmp slt i64 %position, %before
  %counts = and i1 %inside, %earlier
  br i1 %counts, label %note, label %done
note:
  store i64 %position, ptr %place
  %why = getelementptr i64, ptr %words, i64 {REASON}
  store i64 %reason, ptr %why
  br label %done
done:
  ret void
}}
declare i{LANES} @llvm.cttz.i{LANES}(i{LANES}, i1)
declare i64 @llvm.smin.i64(i64, i64)
declare i1 @llvm.vector.reduce.or.v{LANES}i1({MASK})
""" + "\n".join(
    f"declare {VECTOR} @llvm.{name}.v{LANES}f64({', '.join([VECTOR] * arity)})"
    for name, arity in (("floor", 1), ("rint", 1), ("fabs", 1), ("minnum", 2), ("maxnum", 2))
)
BEGIN = """
define i64 @run(
  ptr noalias %words, ptr noalias %carried, ptr noalias %tokens, ptr noalias %emitted, ptr noalias %found,
  i64 %begin, i64 %end, i64 %last, i64 %checked
) {
entry:
  br label %loop
loop:
  %p = phi i64 [ %begin, %entry ], [ %next, %went ]
  %left = icmp slt i64 %p, %end
  br i1 %left, label %step, label %leave"""
END = f"""stepped:
  %next = add i64 %p, {LANES}
  %failed_at = load i64, ptr %words
  %failed = icmp slt i64 %failed_at, {NOWHERE}
  br i1 %failed, label %leave, label %went
went:
  %full_at = getelementptr i64, ptr %words, i64 {FULL}
  %full = load i64, ptr %full_at
  %is_full = icmp ne i64 %full, 0
  br i1 %is_full, label %grow, label %loop
grow:
  ret i64 %next
leave:
  ret i64 %p
}}
"""
