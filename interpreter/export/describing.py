"""What a machine is, besides its tensors, in every format that it is exported to."""

from __future__ import annotations

from typing import Any

from compiler.machines.machine import Machine
from interpreter.export import NotExportable
from interpreter.model.stored import Description
from interpreter.runs.certified import NotCertified, certified_length


def describe(machine: Machine[Any]) -> Description:
    """The description of a machine, with N of the user's own certificate for these weights, if there is one.

    Raises:
        NotExportable: two tokens are shown alike, or one with white space in it.
    """
    weights = machine.weights
    tokens = [str(token) for token in machine.vocabulary]
    odd = next((name for name in tokens if name.split() != [name]), None)
    if odd is not None:
        raise NotExportable(f"the token {odd!r} is empty or has white space in it; have its class print it without")
    if len(set(tokens)) < len(tokens):
        twice = next(name for i, name in enumerate(tokens) if name in tokens[:i])
        raise NotExportable(f"two tokens are both printed as {twice!r}; have their class print them apart")
    try:
        proved = certified_length(weights.sha256())
    except NotCertified:
        proved = None
    return Description(
        machine=weights.name,
        form=weights.form,
        passes=weights.passes,
        radix=weights.radix,
        tokens=tokens,
        halting=sorted(machine.halting),
        longest_trace=weights.max_tokens,
        proved_tokens=proved,
        weights_sha256=weights.sha256(),
        wires=[wire.name for wire in weights.wires],
        heads=[list(layer.head_names) for layer in weights.layers],
        window=machine.window.size if machine.window is not None else None,
    )
