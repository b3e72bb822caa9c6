"""Export to ONNX: one graph of standard operators in float64, the description in the metadata.

The graph is written out here. PyTorch's exporter was tried: it takes half a minute for 90 weights, fixes the number
of tokens, and hides the layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from compiler.machines.machine import Machine
from compiler.storage.writing import UnfinishedFile, write_whole
from interpreter.export.describing import describe
from interpreter.model.positional import DIGITS
from interpreter.model.stored import METADATA
from interpreter.model.transformer import Tensors, layers_of

OPSET, IR = 18, 9


def write(machine: Machine[Any], output: Path, positions: int) -> None:
    """Writes one file; see `Target.write`.

    Inputs: `tokens`, (n,), their numbers; `start`, (1,), the first position whose logits are wanted. Output:
    `logits`, (n - start, vocabulary). Both inputs are int64. `layers.0.pattern` and so on, (heads, n, n), and
    `layers.0.stream`, (n, width), are there to be looked at; in the looped form they are called `passes.0.pattern`.
    """
    weights = machine.weights
    model = onnx_model(weights.tensors, weights.radix, weights.passes if weights.form == "looped" else None)
    helper.set_model_props(model, {METADATA: describe(machine).to_json()})
    write_whole(UnfinishedFile(output), model.SerializeToString())


def onnx_model(tensors: Tensors, radix: int, passes: int | None) -> onnx.ModelProto:
    """The graph of a transformer; passes: of the looped form, None for the stacked one."""
    g = _Graph()
    n = g("Shape", "tokens")
    count = g("Squeeze", n)
    places = g("Range", g.constant(np.int64(0)), count, g.constant(np.int64(1)))
    x = _embedded(g, tensors, radix, places)
    mask = _Mask(g, places)
    layers = layers_of(tensors)
    if passes is None:
        for i, layer in enumerate(layers):
            named = f"layers.{i}"
            w = g.weights(named, layer)
            x = g("Add", x, _attention(g, w, x, mask, named)) if len(layer["query"]) else x
            x = g("Add", x, _feed_forward(g, w, x), name=f"{named}.stream")
    else:
        w, injected = g.weights("layers.0", layers[0]), x
        fed: str | None = None
        for i in range(passes):
            stays = (
                g("Add", injected, _attention(g, w, x, mask, f"passes.{i}")) if len(layers[0]["query"]) else injected
            )
            fed = _feed_forward(g, w, g("Add", stays, fed) if fed else stays)
            x = g("Add", stays, fed, name=f"passes.{i}.stream")
    last = g("Slice", x, "start", n, g.constant(np.array([0])))
    g("MatMul", last, g.tensor("unembedding", np.asarray(tensors["unembedding"]).T), name="logits")
    vocabulary = len(tensors["embedding"])
    graph = helper.make_graph(
        g.nodes,
        "punchtape",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("start", TensorProto.INT64, [1]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["wanted", vocabulary])],
        g.initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="punchtape")
    made.ir_version = IR
    return made


class _Graph:
    """Nodes and constants, as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Adds a node; returns the name of what it computes."""
        name = name or f"{operator.lower()}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def tensor(self, name: str, array: Any) -> str:
        """Adds a constant."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def constant(self, value: Any) -> str:
        """Adds a constant without a name of its own, a scalar as such."""
        name = f"constant.{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def number(self, value: float) -> str:
        """Adds a float64."""
        return self.constant(np.float64(value))

    def weights(self, at: str, layer: Tensors) -> dict[str, str]:
        """Adds the tensors of a layer, laid out for products from the right; all but the key and relative biases."""
        laid_out = {}
        for name, tensor in layer.items():
            array = np.asarray(tensor)
            if name in ("query", "key") and not array.shape[1]:
                # Heads that take a mean have no score: a coordinate that is 0 makes it 0.
                array = np.zeros((len(array), 1, array.shape[2]))
            laid_out[name] = array if name in ("key", "relative") else array.swapaxes(-1, -2)
        return {name: self.tensor(f"{at}.{name}", array) for name, array in laid_out.items()}


class _Mask:
    """What attention needs to know of positions: which are in the future, and distances; (n, n) each."""

    def __init__(self, g: _Graph, places: str) -> None:
        rows, columns = (g("Unsqueeze", places, g.constant(np.array([axis]))) for axis in (1, 0))
        self.future = g("Greater", columns, rows)
        self.distance = g("Max", g("Sub", rows, columns), g.constant(np.int64(0)))


def _embedded(g: _Graph, tensors: Tensors, radix: int, places: str) -> str:
    p = g("Cast", places, to=TensorProto.DOUBLE)
    features = [
        g("Add", g("Mul", p, g.number(0)), g.number(1)),
        p,
        g("Mul", p, p),
        g("Sub", g.number(1), g("Mul", g.number(2), g("Mod", p, g.number(2), fmod=1))),
        g("Cast", g("Equal", p, g.number(0)), to=TensorProto.DOUBLE),
    ]
    for digit in range(len(tensors["positional"]) - DIGITS):
        features.append(g("Mod", g("Floor", g("Div", p, g.number(radix**digit))), g.number(radix), fmod=1))
    last = g.constant(np.array([1]))
    encoding = g("Concat", *(g("Unsqueeze", feature, last) for feature in features), axis=1)
    positional = g("MatMul", encoding, g.tensor("positional", tensors["positional"]))
    return g("Add", g("Gather", g.tensor("embedding", tensors["embedding"]), "tokens"), positional, name="embedded")


def _attention(g: _Graph, w: Mapping[str, str], x: str, mask: _Mask, named: str) -> str:
    """What the heads write, (n, d)."""
    queries, values = g("MatMul", x, w["query"]), g("MatMul", x, w["value"])
    scores = g("MatMul", queries, g("MatMul", w["key"], g("Transpose", x, perm=[1, 0])))
    scores = g("Where", mask.future, g.number(-np.inf), scores)
    if "relative" not in w:
        pattern = g("Softmax", scores, axis=-1, name=f"{named}.pattern")
    else:
        [furthest] = (t.dims[1] - 1 for t in g.initializers if t.name == w["relative"])
        distance = g("Min", mask.distance, g.constant(np.int64(furthest)))
        soft = g("Softmax", g("Add", scores, g("Gather", w["relative"], distance, axis=1)), axis=-1)
        # A head that sees nothing has a row of 0/0, and brings 0.
        pattern = g("Where", g("IsNaN", soft), g.number(0), soft, name=f"{named}.pattern")
    written = g("MatMul", g("MatMul", pattern, values), w["output"])
    return g("ReduceSum", written, g.constant(np.array([0])), keepdims=0)


def _feed_forward(g: _Graph, w: Mapping[str, str], x: str) -> str:
    """What the neurons write, (n, d)."""
    hidden = g("Mul", g("Relu", g("MatMul", x, w["gate"])), g("MatMul", x, w["up"]))
    return g("MatMul", hidden, w["down"])
