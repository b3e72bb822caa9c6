"""From a prompt, a run or a machine to its page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from compiler.machines.machine import Machine, Prompt
from compiler.machines.tokens.prompt import TokenPrompt
from compiler.storage.writing import write_text
from interpreter.engines import DEFAULT, create
from interpreter.explorer.page import page
from interpreter.explorer.payload import payload_of, window_of
from interpreter.explorer.recording import WINDOW, NoPage, Recording, record
from interpreter.runs.running import Run
from interpreter.traces.reading import reading


@dataclass(frozen=True)
class Page:
    """A page of the explorer; a notebook shows it where it is the value of a cell.

    Attributes:
        html: the whole page as text.
        title: of the run.
        recording: what part of the run it holds.
    """

    html: str = field(repr=False)
    title: str
    recording: Recording = field(repr=False)

    def save(self, path: str | Path) -> Path:
        """Writes the page to a file; raises OSError where that fails."""
        path = Path(path)
        write_text(path, self.html)
        return path

    def saved_aside(self) -> Path:
        """Writes the page to a temporary folder; raises OSError where that fails."""
        return self.save(Path(tempfile.mkdtemp(prefix="punchtape-")) / f"{Path(self.title).stem or 'run'}.html")

    def _repr_html_(self) -> str:
        """In a frame, so that its style and a notebook's do not meet."""
        style = "width: 100%; height: 720px; border: 1px solid #8886; border-radius: 8px"
        return f'<iframe title="{escape(self.title)}" style="{style}" srcdoc="{escape(self.html)}"></iframe>'


def explore(
    run: Prompt | Run | Machine[Any],
    input_text: str | None = None,
    *,
    tokens: Iterable[int] = (),
    around: int | None = None,
    window: int = WINDOW,
    max_tokens: int | None = None,
    engine: str = DEFAULT,
    title: str = "",
) -> Page:
    """The page of a run, in which every token can be opened up.

    Args:
        run: a prompt, a run of one, or a machine of your own.
        input_text: of the prompt, if it is not in it yet.
        tokens: for a machine, the numbers of the tokens that it goes on from.
        around: the number, from 1, of a token of the trace, for runs longer than the window.
        window: how many tokens of the trace the page holds.
        max_tokens: the run is cut after so many.
        engine: what decodes it, see `interpreter.engines`; title: of the page.

    Raises:
        NoPage: the run has no token of number `around`, or does not say what its prompt was; or the machine shows its
            transformer a window of the trace by rules of its own.
        PromptError, UnknownEngine: see `interpreter.runs.running.run`.
    """
    if isinstance(run, Machine):
        run = TokenPrompt(run, run.name, tuple(run.vocabulary[number] for number in tokens))
    if isinstance(run, Run):
        if run.prompt is None:
            raise NoPage("this run does not say what its prompt was: give the prompt itself")
        run = run.prompt
    prompt = run if input_text is None else run.with_input(input_text)
    window_of(prompt.machine)  # is refused before anything is decoded
    recording = record(prompt, create(engine, prompt.machine), around, window, max_tokens)
    story = reading(prompt).story(recording.prompt, recording.trace)
    title = title or Path(story.filename).name or "run"
    return Page(page(payload_of(recording, story, title, around)), title, recording)
