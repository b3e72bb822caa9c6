"""Exported for TransformerLens: a `HookedTransformer` with the same logits, which its own tools work on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from compiler.front_ends import compile_machine
from compiler.machines import lag
from compiler.machines.lag.system import parse
from interpreter.engines.reference import ReferenceEngine
from interpreter.model.transformer import Transformer
from tests.engines.pairs import pairs
from tests.export.subjects import SUBJECTS, apart

pytest.importorskip("transformer_lens", reason="TransformerLens is not installed, pip install -e '.[lens]'")

SCRIPT = """
import json, torch
from safetensors.torch import save_file
found = []
for i, (folder, numbers) in enumerate(json.loads(sys.argv[1])):
    sys.path.insert(0, folder)
    sys.modules.pop("load", None)
    import load
    model = load.load()
    with torch.inference_mode():
        logits, cache = model.run_with_cache(torch.tensor([numbers]))
    kept = {name: cache[name][0].contiguous() for name in cache if name.endswith(("hook_pattern", "hook_resid_post"))}
    save_file(kept | {"logits": logits[0].contiguous()}, f"{i}.safetensors")
    found.append({"tokens": load.tokens(), "contexts": model.cfg.n_ctx, "generated": model.generate(
        torch.tensor([numbers[:-8]]), max_new_tokens=8, do_sample=False, prepend_bos=False, stop_at_eos=False,
        verbose=False, return_type="tokens", use_past_kv_cache=False)[0].tolist() if i < 3 else numbers})
print(json.dumps(found))
"""

COMPILED = {
    "post": ("tm", "1RB1LB_1LA1RZ", {"window": "8"}),
    "crasp": ("counter", "x = 3\ny = 2\nloop: dec y else done\ninc x\ngoto loop\ndone: halt\n", {}),
    "turingformer": ("tm", "1RB1LB_1LA1RZ", {"bits": "6"}),
}
"""By construction: a format, a program and options."""


def test_same_logits_attention_and_stream(tmp_path: Path) -> None:
    """In one process for all: TransformerLens takes seconds to import.

    Without the cache of `generate`: in 3.9, of a model without a tokenizer, it looks later positions up wrongly.
    """
    from safetensors.torch import load_file

    from interpreter.export.lens import write

    (tmp_path / "lag").mkdir()
    (tmp_path / "pairs").mkdir()
    made: list[tuple[Any, Path, list[int]]] = []
    for name, s in SUBJECTS.items():
        made.append(
            (s.machine, s.export("transformer-lens", tmp_path / name, "--positions", "512"), s.numbers + s.trace)
        )
    for name, machine, trace in (
        ("lag", lag.machine(parse("a a: b\na b: a a\nb a: b\n")), [0, 1, 1]),
        ("pairs", pairs(), [0, 3, 11, 7, 7, 1]),
    ):
        write(machine, tmp_path / name, 512)
        made.append((machine, tmp_path / name, trace))
    for construction, (format, program, options) in COMPILED.items():
        prompt = compile_machine(format, program, options=options, construction=construction)
        chunks = ReferenceEngine(prompt.machine).decode(prompt.numbers, 40)
        write(prompt.machine, tmp_path / construction, 512)
        made.append((prompt.machine, tmp_path / construction, np.concatenate([prompt.numbers, *chunks]).tolist()))
    work = [(str(folder), tokens) for _, folder, tokens in made]
    for i, (said, (machine, _, tokens)) in enumerate(
        zip(apart(SCRIPT, json.dumps(work), folder=tmp_path), made, strict=True)
    ):
        assert said["generated"] == tokens
        found, module = load_file(tmp_path / f"{i}.safetensors"), Transformer(machine.weights)
        ours = module.activations(torch.tensor(tokens))
        np.testing.assert_allclose(found["logits"], ours.logits, rtol=1e-12, atol=1e-6)
        assert torch.equal(found["logits"].argmax(1), ours.logits.argmax(1))
        if module.looped:
            continue
        for layer, pattern in enumerate(ours.attention):
            theirs = found[f"blocks.{layer}.attn.hook_pattern"][: len(pattern)]
            np.testing.assert_allclose(theirs, pattern, atol=1e-12)
            np.testing.assert_allclose(
                found[f"blocks.{layer}.hook_resid_post"], ours.residual[layer + 1], rtol=1e-12, atol=1e-9
            )
