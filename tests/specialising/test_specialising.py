"""The specialised transformer against the universal one with its prompt: the same tokens, and the same logits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.circuits import Circuit, relu
from compiler.compiling import compile_program
from compiler.front_ends import compile_machine
from compiler.machines.constructions import construction
from compiler.machines.machine import Machine, Prompt
from compiler.machines.ram import Layout
from compiler.machines.ram.isa import Opcode
from compiler.machines.ram.prompt import Prompt as RamPrompt
from compiler.machines.ram.prompt import Snapshot
from compiler.machines.tokens.prompt import TokenPrompt
from compiler.specialising import NotSpecialisable, Specialised, specialise
from compiler.specialising.evaluation import evaluated
from compiler.specialising.graph import graph_of
from compiler.specialising.specialising import specialised_to
from interpreter.engines import create
from interpreter.engines.dense import DenseEngine
from interpreter.engines.engine import Tokens
from interpreter.engines.indexed import IndexedEngine
from interpreter.engines.translated import TranslatedEngine
from interpreter.model.transformer import Transformer
from interpreter.runs.projecting import Branch, agreement
from interpreter.strategies.ram import ram_programs
from interpreter.verification import verify

SMALL = Layout(base=10, max_depth=5)
READS = """\
n = int(input())
word = input()
while n > 0:
    print(n, word[n % 2])
    n = n - 3
"""


def decoded(machine: Machine[Any], numbers: Tokens, budget: int) -> list[int]:
    return [int(t) for chunk in IndexedEngine(machine).decode(numbers, budget) for t in chunk]


def assert_same_tokens(made: Specialised, prompt: Prompt, budget: int, engine: IndexedEngine | None = None) -> None:
    translated = TranslatedEngine(engine or IndexedEngine(made.machine, keep=False), made)
    ours = [int(t) for chunk in translated.decode(prompt.numbers, budget) for t in chunk]
    assert ours == decoded(prompt.machine, prompt.numbers, budget)


def assert_same_logits(made: Specialised, prompt: Prompt, budget: int) -> None:
    """Not only the largest: every logit of every token that is left, bit for bit."""
    run = np.array(decoded(prompt.machine, prompt.numbers, budget), dtype=np.int32)[:-1]
    whole = np.concatenate([prompt.numbers, run])
    nothing = np.zeros(0, dtype=np.int32)
    theirs = Branch(Transformer(prompt.machine.weights), nothing).logits(whole, len(run) + 1)
    ours = Branch(Transformer(made.weights), nothing).logits(made.shortened(whole), len(run) + 1)
    for before, after in zip(theirs, ours, strict=True):
        assert (before[list(made.tokens)] == after).all()


@cache
def reading() -> Specialised:
    return specialise(compile_program(READS))


@cache
def reading_engine() -> IndexedEngine:
    return IndexedEngine(reading().machine, keep=False)


@settings(max_examples=8)
@given(ram_programs(SMALL), st.sampled_from(["stacked", "looped"]))
def test_random_machine_code(program: Any, form: Any) -> None:
    prompt = RamPrompt(program)
    assert_same_tokens(specialise(prompt, form), prompt, 300)


@settings(max_examples=3)
@given(ram_programs(SMALL))
def test_random_machine_code_logit_by_logit(program: Any) -> None:
    prompt = RamPrompt(program)
    assert_same_logits(specialise(prompt), prompt, 60)


@settings(max_examples=10)
@given(st.integers(-5, 2000), st.text("ab\x00é", min_size=2, max_size=5))
def test_the_input_is_still_prompted(n: int, word: str) -> None:
    prompt = compile_program(READS).with_input(f"{n}\n{word}\n")
    assert len(reading().shortened(prompt.numbers)) == len(prompt.numbers) - reading().length + 1
    assert_same_tokens(reading(), prompt, 2000, reading_engine())


def test_what_is_left() -> None:
    """A program that neither divides nor calls has no weights for it, and no tokens."""
    made = specialise(compile_program("a = 1\nwhile a < 500:\n    a = a + a\nprint(a)\n"))
    families = {str(token).split("(")[0] for token in made.machine.vocabulary}
    assert {"OP", "N", "Q", "H", "K", "CALL", "RET", "A0", "R0"}.isdisjoint(families)
    names = {name for layer in made.weights.layers for name in layer.head_names}
    assert {"opcode", "x", "y", "z", "writer", "target", "caller"}.isdisjoint(names)
    assert made.weights.non_zeros < made.prompt.machine.weights.non_zeros


def test_all_engines() -> None:
    prompt = compile_program(READS).with_input("7\nab\n")
    made = reading()
    numbers = made.shortened(prompt.numbers)
    wanted = decoded(made.machine, numbers, 10**6)
    for name in ("dense", "specialised", "speculative", "reference"):
        found = [int(t) for chunk in create(name, made.machine).decode(numbers, 60) for t in chunk]
        assert found == wanted[:60], name
    trace = np.concatenate([numbers, wanted]).astype(np.int32)
    for device in (None, "cpu"):
        verification = verify(made.machine, trace, len(numbers), device)
        assert verification.first_mismatch is None and verification.ended
    trace[len(numbers) + 20] += 1
    found = verify(made.machine, trace, len(numbers), None).first_mismatch
    assert found is not None and found.position == len(numbers) + 20


def test_again() -> None:
    """Specialised to the program, and then to its input: as if to both at once."""
    prompt = compile_program(READS).with_input("4\nab\n")
    once = reading()
    numbers = once.shortened(prompt.numbers)
    short = TokenPrompt(once.machine, "specialised", tuple(once.machine.vocabulary[n] for n in numbers))
    twice = specialised_to(short, len(numbers) - 1, None, {int(numbers[-1])})
    engine = TranslatedEngine(IndexedEngine(twice.machine, keep=False), twice)
    tokens = [int(t) for chunk in engine.decode(numbers) for t in chunk]
    assert tokens == decoded(once.machine, numbers, 10**6)
    assert len(twice.shortened(numbers)) == 2


def test_the_prompt_is_evaluated_as_the_transformer_does() -> None:
    prompt = compile_program(READS)
    weights = prompt.machine.weights
    graph = graph_of(weights)
    wires = evaluated(graph, prompt.numbers.tolist())
    import torch

    with torch.inference_mode():
        stream = Transformer(weights).residual(torch.as_tensor(prompt.numbers.astype(np.int64))).numpy()
    for j, wire in enumerate(weights.wires):
        if wire in wires:
            known = ~np.isnan(wires[wire])
            assert np.allclose(wires[wire][known], stream[known, j], rtol=0, atol=1e-9), wire


def test_a_wrong_weight_is_noticed() -> None:
    """Each kind of part: the value of a head, a neuron, an entry for a cell of the prompt, the unembedding."""
    prompt = compile_program(READS).with_input("7\nab\n")
    made = reading()
    right = agreement(made, prompt, 10**6)
    assert (right.mismatch, right.difference, right.ended) == ("", 0, True)
    assert right.instructions == len(prompt.program.instructions)
    for name in ("embedding", "unembedding", "down", "gate", "output"):
        copies = {n: t.copy() for n, t in made.weights.tensors.items()}
        wrong = 0
        for full, tensor in copies.items():
            if full.rpartition(".")[2] == name and tensor.any():
                tensor.flat[np.flatnonzero(tensor)] *= 2
                wrong += 1
        assert wrong
        layers = tuple(
            replace(layer, **{n: copies[f"layers.{i}.{n}"] for n in layer.tensors})
            for i, layer in enumerate(made.weights.layers)
        )
        weights = replace(made.weights, embedding=copies["embedding"], unembedding=copies["unembedding"], layers=layers)
        found = agreement(replace(made, weights=weights), prompt, 10**6)
        assert found.mismatch, name


def test_a_wrong_entry_for_an_instruction_is_noticed() -> None:
    """One that the run never comes to: the last multiplication becomes two of them."""
    prompt = compile_program(READS + "if n > 1000:\n    print(n * n)\n").with_input("1\nab\n")
    made = specialise(prompt)
    layers = list(made.weights.layers)
    wires = [wire.name for wire in made.weights.wires]
    flag, one = wires.index("opcode.MUL"), wires.index("one")
    [at] = [i for i, layer in enumerate(layers) if layer.down[flag].any()]
    down, gate = layers[at].down.copy(), layers[at].gate
    # 1 at one number only: the neurons of those before, at and after it.
    last = sorted(np.flatnonzero(down[flag]).tolist(), key=lambda n: float(gate[n, one]))[:3]
    assert down[flag, last].tolist() == [1, -2, 1]
    down[flag, last] *= 2
    layers[at] = replace(layers[at], down=down)
    found = agreement(replace(made, weights=replace(made.weights, layers=tuple(layers))), prompt, 10**6)
    number = max(k for k, i in enumerate(prompt.program.instructions) if i.opcode is Opcode.MUL)
    assert found.tokens and f"after a jump to instruction {number} " in found.mismatch


def test_another_program_is_noticed() -> None:
    other = compile_program(READS.replace("3", "2")).with_input("7\nab\n")
    with pytest.raises(NotSpecialisable, match="not one of the program"):
        reading().shortened(other.numbers)
    assert "not one of the program" in agreement(reading(), other, 100).mismatch


def refusal(prompt: Any) -> str:
    with pytest.raises(NotSpecialisable) as problem:
        specialise(prompt)
    return str(problem.value)


def test_what_cannot_be_specialised() -> None:
    prompt = compile_program(READS)
    assert "snapshot" in refusal(replace(prompt, snapshot=Snapshot((), (), 0)))
    assert "tell 1,024 apart" in refusal(compile_program(Path("programs/brainfuck.py").read_text()).telling_apart(1024))
    for name, text, message in (("lag", "", "window"), ("post", "", "window")):
        machine = construction(name).machine()
        window = tuple(machine.vocabulary[:1]) * 2000
        assert message in refusal(TokenPrompt(machine, name, window)), text
    c: Circuit[str] = Circuit("mean", ["a", "b"], max_tokens=2**10)
    (share,) = c.mean("share", b=c.feature("is b", ["a", "b"].index))
    c.logit(2 * c.wire("more", relu(2 * share - 1)) - 1, ["a", "b"].index)
    machine = Machine("mean", c.vocabulary, c, frozenset())
    assert "the mean 'share.b'" in refusal(TokenPrompt(machine, "mean", ("a", "b")))
    assert "one token" in refusal(TokenPrompt(machine, "mean", ("a",)))
    dyck = Path("programs/machines/dyck.ptm")
    assert "digit by digit" in refusal(compile_machine("ptm", dyck.read_text(), str(dyck)))


def test_dense_through_prompt_positions() -> None:
    """A machine that is not the RAM: what it does depends on the parity and the number of its positions."""
    c: Circuit[str] = Circuit("parity", ["a", "b"], max_tokens=2**10)
    (before,) = c.previous("before", letter=c.feature("letter", ["a", "b"].index))
    (first,) = c.at("third", 2 * c.one, letter=c.feature("same", ["a", "b"].index))
    c.logit(before + first - c.wire("both", relu(before + first - 1)) * 2 + c.parity / 4 - 0.5, ["a", "b"].index)
    machine = Machine("parity", c.vocabulary, c, frozenset())
    assert "'third' may ask" in refusal(TokenPrompt(machine, "parity", ("b", "b")))
    for word in ("ababb", "abbbaa", "bbab", "aabaab"):
        prompt = TokenPrompt(machine, "parity", tuple(word))
        made = specialise(prompt)
        dense = TranslatedEngine(DenseEngine(made.machine), made)
        assert [int(t) for chunk in dense.decode(prompt.numbers, 20) for t in chunk] == [
            int(t) for chunk in DenseEngine(machine).decode(prompt.numbers, 20) for t in chunk
        ]
