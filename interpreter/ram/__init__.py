"""The RAM's prompts and traces, read by `run` and by people; and the reference interpreter of its code."""

from collections.abc import Callable

from compiler.machines.ram.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.ram.listing import chain_of_thought, listing
from interpreter.ram.long_integers import LongIntegers
from interpreter.ram.run_follower import RunFollower
from interpreter.reading import Follower

__all__ = ["chain_of_thought", "covered", "follow", "listing"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    return RunFollower(prompt, keep_rest)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    return LongIntegers(prompt).admitted
