"""Prompts as files: JSON, versioned, with a checksum, and the weights that they were made for.

What is in the file besides that, the module `saved` of every machine folder says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from msgspec import Struct

from compiler.machines.constructions import construction
from compiler.machines.machine import Machine, Prompt
from compiler.machines.own import MachineError, is_place
from compiler.machines.schema import Digest, Name, checked, parsed
from compiler.machines.tokens import saved as tokens

FORMAT = "punchtape prompt"
VERSION = 3


class SavedPromptError(ValueError):
    """A prompt file that is damaged or made for something else; the message says what to do."""


class Head(Struct):
    """What a prompt file says first: its machine, and the hash of the weights that it was made for."""

    machine: Name
    weights_sha256: Digest


class Saved(Protocol):
    """The module `saved` of a machine folder; BodySchema: the shape of what `body_of` makes."""

    BodySchema: type

    def body_of(self, prompt: Any) -> dict[str, Any]:
        """All that a prompt is, as JSON; the input or the snapshot, if there is one, is part of it."""
        ...

    def prompt_of(self, body: dict[str, Any]) -> Prompt:
        """The prompt again, of a body that has the shape.

        Raises:
            ValueError: it means no prompt.
        """
        ...


def dumps(prompt: Prompt, weights_sha256: str) -> str:
    """The text of a prompt file."""
    body = {
        "machine": prompt.construction,
        "weights_sha256": weights_sha256,
        **_saved(prompt.construction).body_of(prompt),
    }
    return signed(body)


def signed(body: dict[str, Any]) -> str:
    """The text of a file with this body, and the checksum that belongs to it."""
    return json.dumps({"format": FORMAT, "version": VERSION, "sha256": _digest(body), **body}, indent=1) + "\n"


def looks_saved(text: str) -> bool:
    """Whether a text is meant to be a prompt file rather than a program: no program begins with a brace."""
    return text.lstrip().startswith("{")


MachineOf = Callable[[str, Mapping[str, Any]], Machine[Any]]
"""From the name of a construction, and the body of a file, to the machine of a prompt that is tokens and no more."""


def usual_machine(name: str, body: Mapping[str, Any]) -> Machine[Any]:
    """The machine of this name. No file of one's own is run because a prompt file says so.

    Raises:
        SavedPromptError: it is one of one's own.
    """
    if is_place(name):
        raise SavedPromptError(f"the prompt was made for {name}, which runs only if it is asked for; write --machine")
    return construction(name).machine()


def loads(text: str, machine_of: MachineOf = usual_machine) -> tuple[Prompt, str]:
    """The prompt of a file and the SHA-256 of the weights it was made for.

    machine_of: makes the machine of a prompt that is a `TokenPrompt`.

    Raises:
        SavedPromptError: not such a file, of another version, damaged, or with a program that is no prompt.
        MachineError: its machine cannot be made.
    """
    try:
        body = parsed(text)
        if not isinstance(body, dict) or body.pop("format", None) != FORMAT:
            raise SavedPromptError("this is JSON, but not a saved prompt; `punchtape compile FILE -o PROMPT` makes one")
        if (version := body.pop("version", None)) != VERSION:
            raise SavedPromptError(f"the file has version {version!r:.40}, this is version {VERSION}; compile again")
        if body.pop("sha256", None) != _digest(body):
            raise SavedPromptError("the file is damaged: its checksum does not fit; compile the program again")
        head = checked({name: body.pop(name, None) for name in ("machine", "weights_sha256")}, Head)
        saved = _saved(head.machine)
        checked(body, saved.BodySchema)
        if construction(head.machine).prompts == "tokens":
            machine = machine_of(head.machine, body)
            return tokens.prompt_of(body, head.machine, machine), head.weights_sha256
        return saved.prompt_of(body), head.weights_sha256
    except (SavedPromptError, MachineError):
        raise
    except ValueError as problem:
        reason = " ".join(str(problem).split())
        raise SavedPromptError(f"the file is damaged ({reason:.300}); compile the program again") from None


def _saved(name: str) -> Saved:
    return cast(Saved, import_module(f"compiler.machines.{construction(name).prompts}.saved"))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
