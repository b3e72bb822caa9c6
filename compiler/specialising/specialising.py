"""The first Futamura projection of a prompt-programmed transformer: from a machine and a prompt to a transformer.

the machine's tensors   --graph-->       wires, heads, neurons
the prompt's tokens     --evaluation-->  what every wire carries there
both                    --folding-->     the same after the prompt, which one position stands for
                        --simplifying--> without what is constant, closed or never decoded
                        --assembling-->  tensors
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from compiler.circuits import Form
from compiler.machines.machine import Prompt
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.ram.vocabulary import Family, write_families
from compiler.machines.specialised.specialised import NotSpecialisable, Specialised
from compiler.specialising.assembling import assembled
from compiler.specialising.folding import Asked, folded
from compiler.specialising.graph import graph_of
from compiler.specialising.simplifying import simplified


@dataclass(frozen=True)
class Constant:
    """What of a prompt is the same for every input.

    Attributes:
        length: how many tokens, from the first one on; at least one follows.
        asked: see `Asked`; None: every position of them.
        given: the numbers of the tokens that prompts can have after them.
    """

    length: int
    asked: Asked | None
    given: frozenset[int]


def constant_part(prompt: Prompt, with_input: bool = False) -> Constant:
    """Of the RAM, the program and its data; of a machine that reads no input, all but the last token.

    with_input: all but the last token in any case.

    Raises:
        NotSpecialisable: the prompt is a snapshot of a run, or is seen through a window.
    """
    if prompt.machine.window is not None:
        raise NotSpecialisable(
            f"the {prompt.machine.name} machine sees a window of its trace, from which the prompt disappears by itself"
        )
    numbers = prompt.numbers
    if not isinstance(prompt, RamPrompt):
        if len(numbers) < 2:
            raise NotSpecialisable("the prompt has one token, and one has to be left to go on from")
        return Constant(len(numbers) - 1, None, frozenset({int(numbers[-1])}))
    if prompt.snapshot is not None:
        raise NotSpecialisable("this prompt is the snapshot of a run; specialise its program")
    length = len(numbers) - 1 if with_input else prompt.constant_tokens
    words = prompt.machine.vocabulary
    families = {*write_families(prompt.layout.groups), Family.D, Family.L, Family.F, Family.J}
    written = (
        {i for i, token in enumerate(words) if token.family in families}
        if prompt.reads_input and not with_input
        else set()
    )
    last = 4 * len(prompt.program.instructions) + 4
    return Constant(length, Asked(1, last), frozenset(written | set(map(int, numbers[length:]))))


def specialise(prompt: Prompt, form: Form = "stacked", with_input: bool = False) -> Specialised:
    """The transformer specialised to the part of a prompt that is the same for every input.

    Args:
        form: of the new weights; those of the prompt's machine may have either.
        with_input: to the input that is in the prompt as well.

    Raises:
        NotSpecialisable: see there.
    """
    part = constant_part(prompt, with_input)
    kept = prompt if with_input or not prompt.input_text else prompt.with_input("")
    return specialised_to(kept, part.length, part.asked, part.given, form)


def specialised_to(
    prompt: Prompt, length: int, asked: Asked | None, given: Collection[int], form: Form = "stacked"
) -> Specialised:
    """The same for as many first tokens of a prompt; asked, given: as in `Constant`."""
    weights = prompt.machine.weights
    prefix = prompt.numbers[:length].tolist()
    left = simplified(folded(graph_of(weights), prefix, asked), given)
    tokens = (prefix[0], *(t for t in left.tokens if t != prefix[0]))
    name = f"{weights.name}-specialised"
    made = assembled(left.graph, name, prefix[0], tokens, form)
    return Specialised(made, prompt, length, tokens)
