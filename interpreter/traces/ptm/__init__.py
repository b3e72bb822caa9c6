"""The Post-Turing machine's prompts and traces, read by `run` and by people."""

from compiler.machines.ptm.prompt import Prompt
from interpreter.traces.ptm.follower import RunFollower
from interpreter.traces.ptm.listing import chain_of_thought, listing
from interpreter.traces.reading import Follower

__all__ = ["chain_of_thought", "follow", "listing"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    return RunFollower(prompt, keep_rest)
