"""The constructions that there are: a row each; and machines of one's own, which are one more row each.

A name on the command line is that of a row, `ram`; that of a row with what it is made for, `lag:rules.txt`; or
`FILE.py:NAME`, see `compiler.machines.own`. All commands take all three, and `FILE.safetensors`, which
`punchtape specialise` writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, cast

from compiler.machines.machine import Machine
from compiler.machines.own import MachineError, is_place, load_machine, text_of
from compiler.machines.tokens.prompt import TokenPrompt, prompt_of


@dataclass(frozen=True)
class Construction:
    """A construction as the commands see it.

    Attributes:
        name: on the command line.
        title: one line that says what it is.
        paper: where it is from.
        machine: makes its machine with the usual parameters; imports what it needs only when called.
        prompts: the package of `compiler.machines` that its prompts are from, and of `interpreter.traces` that reads
            its traces. Those of `tokens` do for all machines that have no other.
        argument: what may stand after its name and a colon; empty: nothing.
        made_for: makes its machine for such an argument; ValueError where there is none.
    """

    name: str
    title: str
    paper: str
    machine: Callable[[], Machine[Any]]
    prompts: str = "tokens"
    argument: str = ""
    made_for: Callable[[str], Machine[Any]] | None = None

    def prompt(self, text: str, filename: str = "<prompt>") -> TokenPrompt:
        """The prompt of a text in the codec of its machine.

        Raises:
            PromptError: the text is none.
        """
        return prompt_of(self.machine(), self.name, text, filename)


def _ram() -> Machine[Any]:
    from compiler.machines.ram import Layout, machine

    return machine(Layout())


def _ptm() -> Machine[Any]:
    from compiler.machines.ptm import machine

    return machine()


def _lag(rules: str = "") -> Machine[Any]:
    from compiler.machines.lag import machine, published
    from compiler.machines.lag.system import LagError, parse

    if not rules:
        return machine(published())
    try:
        return machine(parse(text_of(rules), rules))
    except LagError as problem:
        raise MachineError(str(problem)) from None


def _post(rules: str = "") -> Machine[Any]:
    from compiler.machines.post import WINDOW, machine, universal
    from compiler.machines.post.rules import PostError, parse

    if not rules:
        return machine(universal(), WINDOW)
    file, _, window = rules.partition("@")
    try:
        return machine(parse(text_of(file), file), int(window or WINDOW))
    except PostError as problem:
        raise MachineError(str(problem)) from None
    except ValueError:
        raise MachineError(f"a window has a number of tokens from 1 on, not {window!r}") from None


def _coin() -> Machine[Any]:
    from compiler.machines.coin import WINDOW, machine, walk

    return machine(walk(), WINDOW)


def _crasp() -> Machine[Any]:
    from compiler.machines.crasp import machine
    from compiler.machines.crasp.universal import universal

    return machine(universal())


def _turingformer() -> Machine[Any]:
    from compiler.machines.turingformer import machine
    from compiler.machines.turingformer.universal import universal

    return machine(universal())


SUFFIX = ".safetensors"
"""What the names of files end with that `punchtape specialise` writes."""


def is_stored(name: str) -> bool:
    """Whether a name is meant to be that of a file with a specialised transformer."""
    return name.endswith(SUFFIX)


def _stored(file: str) -> Machine[Any]:
    # By its name: the file holds a prompt, which is read with the help of this module.
    stored = import_module("compiler.machines.specialised.stored")
    return cast(Machine[Any], stored.load(file).machine)


CONSTRUCTIONS = (
    Construction(
        "ram",
        "random-access machine, unbounded integers, one token a write",
        "this project, after Giannou et al., ICML 2023",
        _ram,
        prompts="ram",
    ),
    Construction(
        "ptm",
        "two-tape Post-Turing machine, one instruction a token",
        "Qiu et al., ICLR 2025; keys and positions are this project's",
        _ptm,
        prompts="ptm",
    ),
    Construction(
        "lag",
        "Lag system: a queue, of which a step reads the first two symbols",
        "Schuurmans, Dai, Zanini 2024; the weights are this project's",
        _lag,
        argument="RULES",
        made_for=_lag,
    ),
    Construction(
        "post",
        "Post machine: a queue that is a sliding window of tokens",
        "Li, Wang, NeurIPS 2025; the weights are this project's",
        _post,
        argument="RULES@WINDOW",
        made_for=_post,
    ),
    Construction(
        "coin",
        "Post machine that flips coins: two next tokens with the same logit, sampled",
        "Nowak, Svete, Butoi, Cotterell, ACL 2024; the machine and the weights are this project's",
        _coin,
    ),
    Construction(
        "crasp",
        "universal counter machine by uniform attention without positions, one step a token",
        "Jiang, Hahn, Zetzsche, Lin, arXiv 2511.20038; the universal machine is this project's",
        _crasp,
        prompts="crasp",
    ),
    Construction(
        "turingformer",
        "universal Turing machine of three tapes, positions in bits, which summarises its own trace",
        "Brösamle, Eckstein, ICML 2026; the weights and the universal machine are this project's",
        _turingformer,
    ),
)


def construction(name: str) -> Construction:
    """The construction of this name, see the top of this file. The file of a machine of one's own is not run yet.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    if is_stored(name):
        return Construction(name, "a transformer specialised to a prompt", name, partial(_stored, name))
    if is_place(name):
        return Construction(name, "a machine of your own", name.rpartition(":")[0], partial(load_machine, name))
    plain, colon, argument = name.partition(":")
    for found in CONSTRUCTIONS:
        if found.name == plain:
            if not colon:
                return found
            if found.made_for is None or not argument:
                takes = f"write {plain}:{found.argument}" if found.argument else f"write {plain} alone"
                raise ValueError(f"the machine {plain!r} is not made for {argument!r}; {takes}")
            return replace(found, name=name, machine=partial(found.made_for, argument))
    names = ", ".join(c.name for c in CONSTRUCTIONS)
    raise ValueError(
        f"there is no machine {name!r}; choose one of: {names}, or FILE.py:NAME, one of your own, or FILE.safetensors"
    )
