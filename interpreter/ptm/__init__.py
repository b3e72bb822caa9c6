"""The Post-Turing machine's prompts and traces, read by `run` and by people."""

from collections.abc import Callable

from compiler.machines.ptm.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.ptm.follower import RunFollower
from interpreter.ptm.listing import chain_of_thought, listing
from interpreter.reading import Follower

__all__ = ["chain_of_thought", "covered", "follow", "listing"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    return RunFollower(prompt, keep_rest)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    return len
