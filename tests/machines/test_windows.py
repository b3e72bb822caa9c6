"""Windows: three rules about token numbers, and engines that go on where all that was seen is seen still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from compiler.front_ends import compile_machine
from compiler.machines.tokens.prompt import TokenPrompt
from compiler.machines.windows import (
    Context,
    QueueWindow,
    SlidingWindow,
    SummaryWindow,
    Window,
    of_plain,
    plain,
    stretches,
)
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Tokens
from interpreter.engines.speculative import SpeculativeEngine
from interpreter.runs.comparing import compete
from interpreter.verification import verify

WINDOWS = (SlidingWindow(2), SlidingWindow(1), QueueWindow(frozenset({4, 5})), SummaryWindow(0, 1, 100))
TRACES = st.lists(st.integers(0, 5), max_size=30)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_what_a_window_says_of_itself(window: Window) -> None:
    @given(TRACES)
    def check(trace: list[int]) -> None:
        prompt = [0, 2]
        context = window.begin(prompt)
        shown = [list(context.seen())]
        for token in trace:
            before = shown[-1]
            if context.append(token):
                assert [*before, token] == list(context.seen())
            shown.append(list(context.seen()))
            assert len(shown[-1]) <= window.size and shown[-1][-1] == token
        found = [seen[: end + 1] for seen, first in stretches(window, prompt, trace) for end in range(first, len(seen))]
        assert found == shown

    check()


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_window_in_a_file(window: Window) -> None:
    written = plain(window)
    assert written is not None and of_plain(written) == window


def test_a_window_with_rules_of_its_own_is_in_no_file() -> None:
    assert plain(_Silent(SlidingWindow(2))) is None


@dataclass(frozen=True)
class _Silent:
    """A window that never says that all is seen still."""

    inner: Window

    @property
    def size(self) -> int:
        return self.inner.size

    def begin(self, prompt: Iterable[int]) -> Context:
        return _SilentContext(self.inner.begin(prompt))


class _SilentContext:
    def __init__(self, inner: Context) -> None:
        self.seen, self.kept, self._inner = inner.seen, inner.kept, inner

    def append(self, token: int) -> bool:
        self._inner.append(token)
        return False


def _summarising() -> TokenPrompt:
    prompt = compile_machine("tm", "1RB1RZ_1LB0RC_1LC1LA", options={"bits": "6"}, construction="turingformer")
    assert isinstance(prompt, TokenPrompt)
    return prompt


def test_engines_go_on_within_a_stretch() -> None:
    """Token by token as from each window alone, whether or not the window says that an engine may go on."""
    prompt = _summarising()
    expected = [int(i) for chunk in create("reference", prompt.machine).decode(prompt.numbers) for i in chunk]
    assert prompt.machine.window is not None
    lengths = [len(seen) - first for seen, first in stretches(prompt.machine.window, prompt.numbers.tolist(), expected)]
    assert max(lengths) > 5 and len(lengths) > 1
    anew = replace(prompt.machine, window=_Silent(prompt.machine.window))
    whole = np.array([*prompt.numbers, *expected], dtype=np.int32)
    start = len(prompt.numbers)
    for machine in (prompt.machine, anew):
        for engine in ("indexed", "dense", "speculative"):
            for most in (None, 7):
                chunks = create(engine, machine).decode(prompt.numbers, most)
                assert [int(i) for chunk in chunks for i in chunk] == expected[:most]
        assert DenseEngine(machine).continuations(whole[:-1], start - 1).tolist() == expected
        assert verify(machine, whole, start).ok


def test_what_is_confirmed_is_told() -> None:
    told: list[tuple[int, int, str]] = []
    queue = compile_machine("tm", "1RB1LB_1LA1RZ", construction="lag")
    whole = compile_machine("tm", "1RB1LB_1LA1RZ", options={"window": "8"}, construction="post")
    for prompt in (queue, whole):
        told.clear()
        found = compete(prompt, 1000, 40, ("float64", "bfloat16"), lambda *said: told.append(said))
        assert all(right for _, right in found.right.values())
        assert told == sorted(told, key=lambda said: said[0]) and told[-1][:2] == (told[0][1], told[0][1])
        assert [*dict.fromkeys(dtype for *_, dtype in told)] == ["float64", "bfloat16"]


def test_a_draft_that_goes_wrong() -> None:
    """The transformer decides: what is drafted wrong, too briefly or not at all is decoded, through the window."""
    summarising = _summarising()
    queue = compile_machine("tm", "1RB1LB_1LA1RZ", construction="lag")
    for prompt in (summarising, queue):
        expected = [int(i) for chunk in create("reference", prompt.machine).decode(prompt.numbers) for i in chunk]
        wrong = [*expected]
        wrong[len(expected) // 2] = expected[len(expected) // 2] ^ 1
        for draft in (expected, wrong, expected[:20], []):

            def drafted(prompt: Tokens, draft: list[int] = draft) -> Iterator[Tokens]:
                yield np.array(draft, dtype=np.int32)

            chunks = SpeculativeEngine(prompt.machine, drafted).decode(prompt.numbers)
            assert [int(i) for chunk in chunks for i in chunk] == expected


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_verification_finds_the_first_wrong_token(data: st.DataObject) -> None:
    prompt = _summarising()
    expected = [int(i) for chunk in create("reference", prompt.machine).decode(prompt.numbers) for i in chunk]
    whole = np.array([*prompt.numbers, *expected], dtype=np.int32)
    at = data.draw(st.integers(len(prompt.numbers), len(whole) - 1))
    other = data.draw(st.integers(0, len(prompt.machine.vocabulary) - 1).filter(lambda token: token != whole[at]))
    changed = whole.copy()
    changed[at] = other
    mismatch = verify(prompt.machine, changed, len(prompt.numbers)).first_mismatch
    assert mismatch is not None and (mismatch.position, mismatch.emitted) == (at, whole[at])
