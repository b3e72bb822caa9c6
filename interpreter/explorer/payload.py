"""A run as one compact JSON text: weights, tokens, and what they are about."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from compiler.machines.machine import Machine
from compiler.machines.windows import plain
from interpreter.explorer.recording import NoPage, Recording
from interpreter.explorer.weights import Plain, plain_weights, runs
from interpreter.traces.story import Story


def payload_of(recording: Recording, story: Story, title: str, start: int | None = None) -> Plain:
    """What `assets/data.js` reads.

    Args:
        story: of the recording.
        title: what the page calls the run: a program's name.
        start: the number of the token that is selected at first, if not the first one.

    Raises:
        NoPage: the machine shows its transformer a window of the trace by rules of its own.
    """
    machine, strip, prompt = recording.prompt.machine, recording.strip, recording.prompt.numbers
    return {
        "title": title,
        "machine": plain_weights(machine.weights) | {"window": window_of(machine)},
        "vocabulary": "\n".join(_name(token) for token in machine.vocabulary),
        "halting": sorted(machine.halting),
        "prompt": len(prompt),
        "skipped": recording.skipped,
        "start": start,
        "cut": recording.cut,
        "strip": strip and {"tokens": strip.tokens, "marks": strip.marks, "depth": strip.depth, "cells": strip.cells},
        "tokens": np.concatenate([prompt, recording.trace]).tolist(),
        "source": story.source,
        "filename": Path(story.filename).name,
        "instructions": [[s.text, s.line, s.note, int(s.library), s.first, s.last] for s in story.instructions],
        "starts": np.diff(np.array(story.starts, dtype=np.int64), prepend=0).tolist(),
        "current": runs(np.array(story.current, dtype=np.int64)),
        "lines": runs(np.array(story.lines, dtype=np.int64)),
        "depth": runs(np.array(story.depth, dtype=np.int64)),
        "writes": _writes(story),
        "output": story.output,
        "heads": dict(story.heads),
        "meanings": dict(story.meanings),
        "cells": dict(story.cells),
        "ended": story.ended,
    }


def window_of(machine: Machine[Any]) -> Plain | None:
    """What `assets/window.js` needs to know of the window, if the transformer would see more without it.

    Raises:
        NoPage: the window follows rules of its own.
    """
    if machine.cut is None:
        return None
    if (known := plain(machine.cut)) is None:
        way = type(machine.cut).__name__
        raise NoPage(f"{machine.name} shows its transformer the trace through {way}, which the page does not know")
    return known


def _name(token: object) -> str:
    return str(token).replace("\n", "\\n")


def _writes(story: Story) -> Plain:
    """Columns: positions as differences, and cells by number."""
    numbers: dict[str, int] = {}
    cells = [numbers.setdefault(write.cell, len(numbers)) for write in story.writes]
    positions = np.array([write.position for write in story.writes], dtype=np.int64)
    return {
        "names": list(numbers),
        "positions": np.diff(positions, prepend=0).tolist(),
        "cells": cells,
        "values": [write.value for write in story.writes],
    }


def packed(payload: Plain) -> str:
    """The payload as text for a page: JSON, compressed, in base 64."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    # No time of making: the same run gives the same page.
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")
