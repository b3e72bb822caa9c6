"""Prompts and traces of any machine, read as tokens: a step is a token, and what it prints is that token."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from compiler.machines.tokens.prompt import TokenPrompt
from interpreter.engines.engine import Engine, Tokens
from interpreter.traces.reading import Follower
from interpreter.traces.story import Story, story_of_output
from interpreter.traces.tokens.follower import TokenFollower

__all__ = ["chain_of_thought", "covered", "follow", "listing", "story"]


def follow(prompt: TokenPrompt, keep_rest: bool = False) -> Follower:
    """See `Reading.follow`."""
    return TokenFollower(prompt, keep_rest)


def covered(prompt: TokenPrompt) -> Callable[[Tokens], int]:
    """See `Reading.covered`: there are no numbers but the tokens, so all of them are."""
    return len


def listing(prompt: TokenPrompt) -> Iterator[str]:
    """The prompt's tokens as its codec writes them."""
    yield f"# prompt: {len(prompt.tokens)} tokens"
    yield prompt.machine.writing.text(prompt.tokens)


def chain_of_thought(prompt: TokenPrompt, engine: Engine, max_tokens: int | None) -> Iterator[str]:
    """One line a token: its position and the token."""
    position = len(prompt.tokens)
    for chunk in engine.decode(prompt.numbers, max_tokens):
        for number in chunk:
            yield f"{position:>9}  {prompt.machine.writing.text([prompt.machine.vocabulary[int(number)]])}"
            position += 1


def story(prompt: TokenPrompt, trace: Tokens) -> Story:
    """See `Reading.story`: tokens, and what they print."""
    return story_of_output(follow(prompt), prompt.source, prompt.filename, len(prompt.numbers), trace)
