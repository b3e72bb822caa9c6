"""What a machine is, besides its tensors, in every format that it is exported to."""

from __future__ import annotations

from typing import Any

from compiler.machines.machine import Machine
from interpreter.export.naming import token_names
from interpreter.model.stored import Description
from interpreter.runs.certified import NotCertified, certified_length


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
