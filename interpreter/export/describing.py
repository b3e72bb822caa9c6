"""What a machine is, besides its tensors, in every format that it is exported to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from compiler.machines.machine import Machine
from interpreter.export import NotExportable
from interpreter.model.stored import Description
from interpreter.runs.certified import NotCertified, certified_length


def token_names(vocabulary: Sequence[Any]) -> list[str]:
    """What the tokens are called where white space parts them: as they are printed, without white space.

    Raises:
        NotExportable: two tokens are printed alike, or one as nothing.
    """
    names = ["".join(str(token).split()) for token in vocabulary]
    if "" in names:
        raise NotExportable(f"token number {names.index('')} is printed as nothing; have its class print a name")
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise NotExportable(f"two tokens are both printed as {twice!r}; have their class print them apart")
    return names


def describe(machine: Machine[Any]) -> Description:
    """The description of a machine, with N of the user's own certificate for these weights, if there is one.

    Raises:
        NotExportable: see `token_names`.
    """
    weights = machine.weights
    try:
        proved = certified_length(weights.sha256())
    except NotCertified:
        proved = None
    return Description(
        machine=weights.name,
        form=weights.form,
        passes=weights.passes,
        radix=weights.radix,
        tokens=token_names(machine.vocabulary),
        halting=sorted(machine.halting),
        longest_trace=weights.max_tokens,
        proved_tokens=proved,
        weights_sha256=weights.sha256(),
        wires=[wire.name for wire in weights.wires],
        heads=[list(layer.head_names) for layer in weights.layers],
        window=machine.window.size if machine.window is not None else None,
    )
