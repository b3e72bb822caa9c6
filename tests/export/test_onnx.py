"""Exported to ONNX: onnxruntime decodes the same tokens, from the file alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compiler.circuits import FORMS, Circuit, relu
from compiler.machines import lag
from compiler.machines.lag.system import parse
from compiler.machines.machine import Machine
from interpreter.model.stored import METADATA, described
from interpreter.model.transformer import Transformer
from tests.engines.pairs import pairs
from tests.export.subjects import RAM, SUBJECTS

for library in ("onnx", "onnxruntime"):
    pytest.importorskip(library, reason=f"{library} is not installed: pip install -e '.[export]'")

import onnx  # noqa: E402
import onnxruntime as runtime  # noqa: E402


def session(content: Path | bytes) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    model = str(content) if isinstance(content, Path) else content
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def logits(model: Any, tokens: list[int], start: int = 0) -> Any:
    feed = {"tokens": np.array(tokens, dtype=np.int64), "start": np.array([start], dtype=np.int64)}
    return model.run(["logits"], feed)[0]


@pytest.mark.parametrize("name", SUBJECTS)
def test_onnxruntime_decodes_the_same_tokens(name: str, tmp_path: Path) -> None:
    subject = SUBJECTS[name]
    file = subject.export("onnx", tmp_path / "model.onnx")
    onnx.checker.check_model(str(file), full_check=True)
    model = session(file)
    said = described(model.get_modelmeta().custom_metadata_map[METADATA])
    tokens = list(subject.numbers)
    for _ in range(20):
        tokens.append(int(logits(model, tokens, len(tokens) - 1)[0].argmax()))
    trace = subject.numbers + subject.trace
    assert tokens == trace[: len(tokens)] and trace[-1] in said.halting
    assert logits(model, trace).argmax(1)[len(subject.numbers) - 1 : -1].tolist() == subject.trace


def headless() -> Machine[int]:
    """Its first layer has no heads, its second a mean alone."""
    c: Circuit[int] = Circuit("headless", [0, 1, 2])
    value = c.feature("value", lambda t: t)
    (mean,) = c.mean("mean", twice=c.wire("twice", relu(2 * value - 1)))
    c.logit(mean, lambda t: int(t == 2))
    c.logit(3 * c.one, lambda t: int(t == 0))
    return Machine("headless", [0, 1, 2], c, frozenset({0}))


OTHERS: dict[str, Machine[Any]] = {
    "headless": headless(),
    "lag": lag.machine(parse("a a: b\na b: a a\nb a: b\n")),
    "pairs": pairs(),
}


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name in OTHERS for form in FORMS if (name, form) != ("lag", "looped")]
)
def test_every_kind_of_layer_has_the_same_logits(name: str, form: str) -> None:
    from interpreter.export.onnx_graph import onnx_model

    weights = replace(OTHERS[name], form=form).weights  # type: ignore[arg-type]
    model = session(
        onnx_model(weights.tensors, weights.radix, weights.passes if form == "looped" else None).SerializeToString()
    )
    for tokens in ([0], [1, 2], [2, 1, 0, 1, 1, 2, 0]):
        expected = Transformer(weights)(torch.tensor(tokens)).numpy()
        np.testing.assert_allclose(logits(model, tokens), expected, rtol=1e-12, atol=1e-9)


def test_the_attention_can_be_looked_at(tmp_path: Path) -> None:
    """Whoever wants it declares it an output."""
    model = onnx.load(RAM.export("onnx", tmp_path / "model.onnx"))
    model.graph.output.append(onnx.helper.make_tensor_value_info("layers.1.pattern", onnx.TensorProto.DOUBLE, None))
    tokens = RAM.numbers + RAM.trace[:5]
    feed = {"tokens": np.array(tokens), "start": np.array([0])}
    (pattern,) = session(model.SerializeToString()).run(["layers.1.pattern"], feed)
    expected = Transformer(RAM.machine.weights).activations(torch.tensor(tokens)).attention[1]
    np.testing.assert_allclose(pattern, expected.numpy(), atol=1e-12)
