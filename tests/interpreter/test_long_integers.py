"""Where `run --certified` stops because an integer has more groups than the theorem speaks of."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.compiling import compile_program
from compiler.machines.ram.vocabulary import Token, vocabulary
from interpreter.certified import GROUPS
from interpreter.ram.long_integers import LongIntegers

PROMPT = compile_program("print(1)")


def number(family: str) -> int:
    return vocabulary(PROMPT.layout).number(Token(family, 0))


@given(st.lists(st.sampled_from([1, 2, GROUPS - 2, GROUPS - 1, GROUPS, GROUPS + 5]), max_size=4), st.data())
def test_the_first_group_too_many_is_found_whatever_the_chunks(sizes: list[int], data: st.DataObject) -> None:
    """Integers of these numbers of groups before the last one, and each ended by it."""
    tokens = [t for size in sizes for t in [number("D")] * size + [number("L")]]
    first = next((k for k, size in enumerate(sizes) if size >= GROUPS), None)
    expected = len(tokens) if first is None else sum(s + 1 for s in sizes[:first]) + GROUPS - 1
    cuts = sorted(data.draw(st.lists(st.integers(0, len(tokens)), max_size=4)))
    limit, done = LongIntegers(PROMPT), 0
    for begin, end in zip([0, *cuts], [*cuts, len(tokens)]):
        chunk = np.array(tokens[begin:end], dtype=np.int32)
        admitted = limit.admitted(chunk)
        done += admitted
        if admitted < len(chunk):
            break
    assert done == expected
