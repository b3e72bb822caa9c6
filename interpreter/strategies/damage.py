"""Files with any change, for the readers of them: prompts that are signed again, and traces.

from interpreter.strategies.damage import damaged_prompts

@given(damaged_prompts())
def test_mine(text): ...      # the text of a prompt file, one place of it changed, its checksum right
"""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from compiler.front_ends import compile_machine
from compiler.machines.constructions import construction
from compiler.machines.machine import Prompt as AnyPrompt
from compiler.machines.ptm.program import Instruction as PtmInstruction
from compiler.machines.ptm.program import PtmProgram
from compiler.machines.ptm.prompt import Prompt as PtmPrompt
from compiler.machines.ptm.prompt import Snapshot as PtmSnapshot
from compiler.machines.ptm.prompt import Tape
from compiler.machines.ram.isa import Instruction, Layout, Opcode
from compiler.machines.ram.program import InputArea, Origin, RamProgram, Trap
from compiler.machines.ram.prompt import Prompt, Snapshot
from compiler.machines.saved import dumps, signed
from compiler.machines.tokens.prompt import TokenPrompt

_SIZES = st.sampled_from([-1, 0, 1, 2, 999, 1000, 2**31, 2**63, 10**9, 10**30, -(10**30)])
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        _SIZES,
        st.floats(),
        st.sampled_from([1000.0, float("inf"), float("nan"), "5", "", "x" * 300, "\ud800", "1_0", "ram", "BOS"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["base", "pc"]), inner, max_size=2),
    max_leaves=5,
)
"""What JSON can say, and what Python's reader takes besides."""


def _samples() -> list[dict[str, Any]]:
    """Files with something in every field."""
    code = (Instruction(Opcode.OUTI, 0), Instruction(Opcode.HALT))
    program = RamProgram(
        Layout(base=10, max_depth=4), code, ((0, 5), (11, -120)), 0, InputArea(20, 3), {1: Trap("ValueError", "no")},
        (Origin(1, 1, "print(x)", 1), Origin()), frozenset({1}), "print(x)", "x.py", "", (("a", "b"),),
    )  # fmt: skip
    snapshot = Snapshot((((0, -1), 12), ((0, 1), 3)), (0,), 1, 7)
    post = PtmProgram((PtmInstruction("A1", 0, 1, 1, "A1", 1), PtmInstruction("AR")), "A1 AR", "x.ptm")
    tapes = PtmSnapshot((Tape(1, (0, 1)), Tape()), 1, 2)
    ram: list[AnyPrompt] = [Prompt(program, "5"), Prompt(program, "", snapshot)]
    counters = compile_machine(
        "counter", "a = 3\nloop: dec a else end\ngoto loop\nend: halt\n", "x.counter", construction="crasp"
    )
    queue = construction("post").machine()
    tokens = TokenPrompt(queue, "post", tuple(queue.vocabulary[3:4]) * 64)
    prompts = [*ram, PtmPrompt(post, "01"), PtmPrompt(post, "", tapes), counters, tokens]
    return [json.loads(dumps(prompt, "0" * 64)) for prompt in prompts]


SAMPLES = _samples()


def _places(value: Any) -> list[tuple[Any, ...]]:
    """The ways to all that is in a value of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [()] + [(key, *way) for key, item in inner for way in _places(item)]


@st.composite
def damaged_bodies(draw: st.DrawFn, samples: list[dict[str, Any]]) -> dict[str, Any]:
    """One of the samples with one to three places that are other values, are gone, or are there twice."""
    body: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 3))):
        ways = _places(body)[1:]
        if not ways:
            break
        *way, last = draw(st.sampled_from(ways))
        place: Any = body
        for key in way:
            place = place[key]
        match draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "remove":
                del place[last]
            case "repeat" if isinstance(place, list):
                place.insert(last, place[last])
            case _:
                place[last] = draw(values)
    return body


@st.composite
def damaged_prompts(draw: st.DrawFn) -> str:
    """The text of a prompt file whose checksum fits what is in it; or one of any other text."""
    body = draw(damaged_bodies(SAMPLES))
    if draw(st.booleans()):
        for name in ("format", "version", "sha256"):
            body.pop(name, None)
        return signed(body)
    text = json.dumps(body)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(["", "[" * 100_000, "{", "9" * 5000, '"\\ud800"'])) + text[at:]


def sample_trace() -> bytes:
    """A whole trace file of a few tokens."""
    header = {"format": "punchtape trace", "version": 1, "machine": "ram-10-2", "weights_sha256": "0" * 64,
              "prompt_tokens": 3, "width": 2}  # fmt: skip
    data = json.dumps(header).encode() + b"\n" + bytes(range(12))
    return data + hashlib.sha256(data).digest()


@st.composite
def damaged_traces(draw: st.DrawFn) -> bytes:
    """A trace file with another header or other tokens, signed again; or with any of its bytes changed."""
    whole = sample_trace()
    head, _, rest = whole.partition(b"\n")
    if draw(st.booleans()):
        header = draw(damaged_bodies([json.loads(head)]))
        data = json.dumps(header).encode() + b"\n" + draw(st.binary(max_size=20))
        return data + hashlib.sha256(data).digest()
    at = draw(st.integers(0, len(whole)))
    return whole[:at] + draw(st.binary(max_size=4)) + whole[at + draw(st.integers(0, 3)) :]
