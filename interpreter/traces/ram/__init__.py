"""The RAM's prompts and traces, read by `run` and by people; and the reference interpreter of its code."""

from compiler.machines.ram.prompt import Prompt
from interpreter.traces.ram.listing import chain_of_thought, listing
from interpreter.traces.ram.run_follower import RunFollower
from interpreter.traces.reading import Follower

__all__ = ["chain_of_thought", "follow", "listing"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    return RunFollower(prompt, keep_rest)
