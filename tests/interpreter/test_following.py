"""What is read off a trace is what one reads who goes through it token by token, however it is cut into chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.machines.ram import Layout
from compiler.machines.ram.vocabulary import ENDS, JUMPS, STOPS, Family, Token, vocabulary
from interpreter.references.ram import character
from interpreter.traces.ram.follower import TraceFollower

LAYOUTS = [Layout(base=10, max_depth=4), Layout(base=1000), Layout(base=10, groups=3, max_depth=4)]
INSTRUCTIONS = 12
"""Of the program: pc often leaves it, on both sides."""


class Plain:
    """A trace that is read token by token, in the words of the table of families."""

    def __init__(self, base: int, weights: list[int], messages: list[bool], raising: list[bool]) -> None:
        self.base, self.weights, self.messages, self.raising = base, weights, messages, raising
        self.pc = self.instruction = self.steps = self.source_steps = 0
        self.calls: list[int] = []
        self.groups: list[int] = []
        self.text = self.message = ""
        self.raised_at: tuple[int, list[int]] | None = None

    def read(self, token: Token) -> None:
        if token.family == Family.D:
            self.groups.append(token.value)
            return
        if token.family in (Family.INT, Family.CHAR):
            groups = [*self.groups, token.value]
            value = sum(group * self.base**k for k, group in enumerate(groups)) - token.flag * self.base ** len(groups)
            text = str(value) if token.family == Family.INT else character(value, self.base)
            if self.marked(self.messages):
                self.message += text
            else:
                self.text += text
        self.groups = []
        if token.family == Family.F:
            self.pc += token.value * self.base
        elif token.family in JUMPS:
            self.pc += token.value
        elif token.family in ENDS:
            self.pc += 1
        if token.family == Family.CALL:
            self.calls.append(self.instruction)
        if token.family == Family.RET:
            self.calls = self.calls[:-1]
        if token.family in ENDS | STOPS:
            self.steps += 1
            if 0 <= self.instruction < len(self.weights):
                self.source_steps += self.weights[self.instruction]
            if self.marked(self.raising):
                self.raised_at = self.instruction, [*self.calls]
            self.instruction = self.pc

    def marked(self, marks: list[bool]) -> bool:
        return 0 <= self.instruction < len(marks) and marks[self.instruction]


@st.composite
def traces(draw: st.DrawFn, layout: Layout) -> list[Token]:
    """Instructions of all families, in any order, and possibly one that does not end; values are often small."""
    blocks = vocabulary(layout).families

    def token(families: st.SearchStrategy[Family]) -> Token:
        block = blocks[draw(families)]
        small = st.integers(max(block.low, -1), min(block.high - 1, 2))
        value = draw(st.one_of(small, small, st.integers(block.low, block.high - 1)))
        return Token(block.family, value, draw(st.integers(0, block.flags - 1)))

    last = st.sampled_from(sorted(ENDS)) | st.sampled_from([Family.CALL, Family.CALL, Family.RET, Family.L, Family.INT])
    middle = st.sampled_from(sorted(set(blocks) - ENDS - STOPS - {Family.F})) | st.just(Family.D)
    tokens: list[Token] = []
    for _ in range(draw(st.integers(1, 16))):
        tokens += [token(middle) for _ in range(draw(st.integers(0, 3)))]
        groups = draw(st.lists(st.integers(0, layout.base - 1), max_size=3) | st.just([1] * 19))
        tokens += [Token(Family.D, value) for value in groups]
        tokens.append(token(last))
        if tokens[-1].family in JUMPS and draw(st.booleans()):
            tokens.insert(-1, token(st.just(Family.F)))
    if draw(st.booleans()):
        tokens += [token(middle), *draw(st.sampled_from([[], [Token(Family.HALT)], [Token(Family.FAULT)]]))]
    return tokens


MARKS = st.just(list[bool]()) | st.lists(st.booleans(), min_size=INSTRUCTIONS, max_size=INSTRUCTIONS)


@given(
    st.sampled_from(LAYOUTS).flatmap(lambda layout: st.tuples(st.just(layout), traces(layout))),
    st.just(list[int]()) | st.lists(st.integers(0, 3), min_size=INSTRUCTIONS, max_size=INSTRUCTIONS),
    MARKS,
    MARKS,
    st.lists(st.integers(1, 150), max_size=6),
)
def test_whole_chunks_are_read_like_tokens(
    drawn: tuple[Layout, list[Token]], weights: list[int], messages: list[bool], raising: list[bool], cuts: list[int]
) -> None:
    layout, tokens = drawn
    known = vocabulary(layout)
    plain = Plain(layout.base, weights, messages, raising)
    for token in tokens:
        plain.read(token)
    numbers = np.array([known.number(token) for token in tokens], dtype=np.int32)
    prompt = np.array([known.number(Token(Family.BOS))], dtype=np.int32)
    # Whole, every token by itself, as drawn, and cut at one place, at any or at 15 of many.
    every = [[0, cut, len(tokens)] for cut in range(1, len(tokens), 1 + len(tokens) // 15)]
    drawn_cuts = [0, *sorted({cut for cut in cuts if cut < len(tokens)}), len(tokens)]
    for places in ([0, len(tokens)], [*range(len(tokens) + 1)], drawn_cuts, *every):
        follower = TraceFollower(layout, prompt, weights, messages, raising)
        text = "".join(follower.feed(numbers[begin:end]) for begin, end in pairwise(places))
        assert (text, follower.message) == (plain.text, plain.message)
        assert (follower.pc, follower.calls, follower.depth) == (plain.pc, plain.calls, len(plain.calls))
        assert (follower.steps, follower.source_steps) == (plain.steps, plain.source_steps)
        assert follower.raised_at == plain.raised_at
        assert (follower.tokens, follower.last) == (len(tokens), numbers[-1])
        assert follower.ended == (str(tokens[-1].family) if tokens[-1].family in STOPS else None)
