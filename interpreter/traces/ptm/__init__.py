"""The Post-Turing machine's prompts and traces, read by `run` and by people."""

from collections.abc import Callable

from compiler.machines.ptm.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.traces.ptm.follower import RunFollower
from interpreter.traces.ptm.listing import chain_of_thought, listing
from interpreter.traces.ptm.story import story
from interpreter.traces.reading import Follower

__all__ = ["chain_of_thought", "covered", "follow", "listing", "story"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    """See `Reading.follow`."""
    return RunFollower(prompt, keep_rest)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    """See `Reading.covered`: this machine has no numbers but those of its tape, so all tokens are."""
    return len
