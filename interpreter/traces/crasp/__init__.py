"""The counter machine's prompts and traces, read by `run` and by people."""

from collections.abc import Callable

from compiler.machines.crasp.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.traces.crasp.follower import RunFollower
from interpreter.traces.crasp.listing import chain_of_thought, listing
from interpreter.traces.reading import Follower

__all__ = ["chain_of_thought", "covered", "follow", "listing"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    """See `Reading.follow`."""
    return RunFollower(prompt)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    """See `Reading.covered`: nothing of a run is bounded but its length, so all tokens are."""
    return len
