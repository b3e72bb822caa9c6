"""Damaged files: read, or refused in one message."""

from __future__ import annotations

from compiler.machines import saved
from interpreter.campaign.subject import Checked, agree
from interpreter.traces.trace_file import TraceFileError, trace_of


def damaged_prompt(text: str) -> Checked:
    """A damaged prompt is read, or refused in a message of one line; any other exception is a failure."""
    try:
        prompt, _ = saved.loads(text)
    except saved.SavedPromptError as problem:
        agree("lines of the message", 1, len(str(problem).splitlines()))
        return Checked(features=("refused",))
    return Checked(len(prompt.numbers), ("read",))


def damaged_trace(data: bytes) -> Checked:
    """A damaged trace is read, or refused in a message of one line; any other exception is a failure."""
    try:
        header, tokens = trace_of(data)
    except TraceFileError as problem:
        agree("lines of the message", 1, len(str(problem).splitlines()))
        return Checked(features=("refused",))
    agree("a prompt of tokens that are there", True, 0 < header.prompt_tokens <= len(tokens))
    return Checked(len(tokens), ("read",))
