"""Specification, dense, indexed and batch are compared token by token; what differs is shown on the smallest prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import pytest
from hypothesis import find

from compiler.circuits import Circuit, relu
from compiler.machines.machine import Machine, PromptError
from interpreter.engines import create
from interpreter.engines.agreement import Agreement, Disagreement
from interpreter.engines.decoding import decode
from interpreter.engines.indexed import IndexingError
from interpreter.strategies.machines import prompts
from punchtape.testing import check_machine

TOKENS = ["end", "a", "b", "c"]


def following(prompt: Iterable[str]) -> Iterator[str]:
    """What stood after the latest token like the last one; where there was none, the end."""
    trace = [*prompt]
    if "end" in trace:
        raise ValueError("it has ended")
    while trace[-1] != "end":
        places = [i for i, token in enumerate(trace[:-1]) if token == trace[-1]]
        trace.append(trace[places[-1] + 1] if places else "end")
        yield trace[-1]


def induction(default: bool = True, wrong: str = "") -> Machine[str]:
    """An induction head: from the token before each position to the token there."""
    c: Circuit[str] = Circuit("induction", TOKENS, max_tokens=2**10)
    number = c.feature("number", TOKENS.index)
    (before,) = c.previous("before", number=number)
    # Where a head has a default, key, square and eligibility of the first position are 0.
    key = c.wire("key", relu(before - 9 * c.first))
    square = c.wire("square", relu(before - 9 * c.first, before))
    own = c.wire("own", relu(number, number))
    eligible = 1 - c.first
    first = {"key_square": square, "query_square": own} if default else {"key_square": square}
    (found,) = c.latest("after", eligible, [(number, key)], **first, number=number - (wrong == "value"))
    (there,) = c.latest("there", eligible, [(number, key)], **first, one=1 - c.first)
    known = c.wire("known", relu(there, found))
    c.logit(2 * known, TOKENS.index)
    c.logit(-1 * c.one, lambda token: TOKENS.index(token) ** 2)
    return Machine("induction", TOKENS, c, frozenset({0}), specification=following)


def test_prompts_are_those_that_the_specification_takes() -> None:
    machine = induction()
    assert find(prompts(machine), lambda prompt: len(prompt) > 2) == ["a", "a", "a"]
    listed = Machine("listed", TOKENS, machine.circuit, frozenset({0}), prompts=[["a"], ["b", "a"]])
    assert find(prompts(listed), lambda prompt: len(prompt) > 1) == ("b", "a")
    with pytest.raises(ValueError, match="neither prompts nor a specification"):
        prompts(Machine("none", TOKENS, machine.circuit, frozenset({0})))


def test_decoding_is_lazy_and_takes_tokens_or_text() -> None:
    machine = induction()
    assert [*decode(machine, "b c", max_tokens=9)] == ["end"]
    for engine in ("dense", "indexed", "speculative", "reference"):
        assert [*islice(decode(machine, ["a", "b", "a"], engine), 4)] == ["b", "a", "b", "a"]
    made = create("dense", machine)
    assert [*decode(machine, ["b"], made)] == ["end"]
    with pytest.raises(PromptError, match="no token"):
        decode(machine, ["d"])


def test_a_head_that_finds_nothing_is_named_with_a_remedy() -> None:
    engine = create("indexed", induction(default=False))
    with pytest.raises(IndexingError) as raised:
        [*decode(induction(default=False), ["a", "b"], engine)]
    message = str(raised.value)
    assert message.startswith("at position 1: the next token depends on head 'after', 'there'")
    assert "`query_square=`" in message and "`when(flag, …)`" in message


def test_all_engines_agree_where_they_should() -> None:
    check_machine(induction(), tokens=20, max_examples=12)


def test_the_smallest_prompt_is_shown() -> None:
    with pytest.raises(Disagreement) as raised:
        check_machine(induction(wrong="value"), tokens=5, engines=["dense"])
    assert raised.value.prompt == ("a", "a") and (raised.value.expected, raised.value.found) == ("a", "end")
    for engine in ("indexed", "batch"):
        with pytest.raises(Disagreement, match=f"{engine} emits  end"):
            Agreement(induction(wrong="value"), [engine]).check(["a", "a"])
