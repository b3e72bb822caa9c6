"""The RAM's prompts and traces, read by `run` and by people; and the reference interpreter of its code."""

from collections.abc import Callable

from compiler.machines.ram.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.traces.ram.listing import chain_of_thought, listing
from interpreter.traces.ram.long_integers import LongIntegers
from interpreter.traces.ram.run_follower import RunFollower
from interpreter.traces.ram.story import story
from interpreter.traces.reading import Follower

__all__ = ["chain_of_thought", "covered", "follow", "listing", "story"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    """See `Reading.follow`."""
    return RunFollower(prompt, keep_rest)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    """See `Reading.covered`: an integer may have as many groups as the theorem speaks of."""
    return LongIntegers(prompt).admitted
