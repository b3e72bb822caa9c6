"""The looped form laid out in time: which head or neuron is right after which pass, read off the tensors alone.

A wire that only the embedding writes is right from the start; a head or neuron is right after the first pass in
which all that it reads is right, and a wire when all that is written to it is. So, after enough passes, the stream
of the looped block is that of stacked layers in which every head and neuron stands where it becomes right, and stays
so in any further pass. What makes this true is that nothing depends on itself, which is checked here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import compress

import numpy as np
import numpy.typing as npt

from compiler.circuits.circuit import POSITIONAL
from compiler.circuits.expressions import ONE
from compiler.circuits.weights import LayerWeights, Weights

Times = npt.NDArray[np.int64]


class NotSettling(ValueError):
    """The block does not come to a fixed point within its passes, whatever the tokens are; the message says why."""


def unrolled(weights: Weights) -> Weights:
    """Stacked weights with the residual stream that these have after their last pass; stacked ones are returned.

    In exact arithmetic the two streams are equal. In floating point each entry is a sum of the same terms. Constants
    that the positional encoding adds to wires of token features are added by the embedding instead.

    Raises:
        NotSettling: a head or neuron depends on itself, or on more passes than there are.
    """
    if weights.form == "stacked":
        return weights
    [block] = weights.layers
    heads, neurons = _times(block)
    needed = passes_needed(block)
    if needed > weights.passes:
        raise NotSettling(f"{needed} passes are needed, there are {weights.passes}")
    layers = tuple(_part(block, heads == 2 * i - 1, neurons == 2 * i) for i in range(1, needed + 1))
    return _without_constants(replace(weights, layers=layers, form="stacked", passes=1))


def _without_constants(weights: Weights) -> Weights:
    """The feature that is 1 everywhere is on its own wire only: what it adds to others, the embedding adds."""
    [row] = (i for i, wire in enumerate(POSITIONAL) if wire == ONE)
    constants = weights.positional[row].copy()
    constants[weights.wires.index(ONE)] = 0
    if not constants.any():
        return weights
    positional = weights.positional.copy()
    positional[row] -= constants
    return replace(weights, embedding=weights.embedding + constants, positional=positional)


def passes_needed(block: LayerWeights) -> int:
    """After how many passes nothing changes any more, whatever the tokens are. Raises NotSettling if ever."""
    heads, neurons = _times(block)
    return int(max([*heads, *neurons, 0]) + 1) // 2


def _times(block: LayerWeights) -> tuple[Times, Times]:
    """In half passes, as in `schedule`: when each head (odd) and each neuron (even) is right."""
    head_reads = (block.query != 0).any(1) | (block.key != 0).any(1) | (block.value != 0).any(1)
    neuron_reads = (block.gate != 0) | (block.up != 0)
    head_writes, neuron_writes = (block.output != 0).any(2), (block.down != 0).T
    heads, neurons = np.zeros(len(head_reads), np.int64), np.zeros(len(neuron_reads), np.int64)
    for _ in range(len(heads) + len(neurons) + 1):
        ready = np.maximum(_latest(head_writes.T, heads), _latest(neuron_writes.T, neurons))
        after_heads, after_neurons = _latest(head_reads, ready), _latest(neuron_reads, ready)
        # The next odd and the next even half pass.
        new_heads, new_neurons = after_heads + 1 + after_heads % 2, after_neurons + 2 - after_neurons % 2
        if np.array_equal(new_heads, heads) and np.array_equal(new_neurons, neurons):
            return heads, neurons
        heads, neurons = new_heads, new_neurons
    raise NotSettling("the block feeds back on itself")


def _latest(reads: npt.NDArray[np.bool_], times: Times) -> Times:
    """For each row the latest time of its columns, 0 if it has none."""
    return np.asarray(np.where(reads, times, 0).max(1, initial=0))


def _part(block: LayerWeights, heads: npt.NDArray[np.bool_], neurons: npt.NDArray[np.bool_]) -> LayerWeights:
    """The layer with these heads and neurons, without coordinates and values that none of them uses."""
    query, key, value, output = (t[heads] for t in (block.query, block.key, block.value, block.output))
    key_size = _used((query != 0).any((0, 2)) | (key != 0).any((0, 2)))
    value_size = _used((value != 0).any((0, 2)) | (output != 0).any((0, 1)))
    return LayerWeights(
        query=query[:, :key_size],
        key=key[:, :key_size],
        value=value[:, :value_size],
        output=output[:, :, :value_size],
        gate=block.gate[neurons],
        up=block.up[neurons],
        down=block.down[:, neurons],
        patterns=tuple(compress(block.patterns, heads)),
        head_names=tuple(compress(block.head_names, heads)),
        relative=None if block.relative is None or not heads.any() else block.relative[heads],
    )


def _used(places: npt.NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(places).max(initial=-1)) + 1
