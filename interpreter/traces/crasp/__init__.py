"""The counter machine's prompts and traces, read by `run` and by people."""

from collections.abc import Callable

from compiler.machines.crasp.prompt import Prompt
from interpreter.engines.engine import Tokens
from interpreter.traces.crasp.follower import RunFollower
from interpreter.traces.crasp.listing import chain_of_thought, listing
from interpreter.traces.reading import Follower
from interpreter.traces.story import Story, story_of_output

__all__ = ["chain_of_thought", "covered", "follow", "listing", "story"]


def follow(prompt: Prompt, keep_rest: bool = False) -> Follower:
    """See `Reading.follow`."""
    return RunFollower(prompt)


def covered(prompt: Prompt) -> Callable[[Tokens], int]:
    """See `Reading.covered`: nothing of a run is bounded but its length, so all tokens are."""
    return len


def story(prompt: Prompt, trace: Tokens) -> Story:
    """See `Reading.story`: tokens are transitions, and the counters are printed at the end."""
    return story_of_output(follow(prompt), prompt.source, prompt.filename, len(prompt.numbers), trace)
