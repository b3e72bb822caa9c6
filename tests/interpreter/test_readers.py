"""Every reader of a file, on files of any content: it is read, or refused in one message, in bounded time and memory.

`make fuzz` tries fifty times as many.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from compiler.circuits import kept_weights
from compiler.machines.ram.circuit import circuit as ram_circuit
from compiler.machines.ram.isa import MAX_BASE, MAX_DEPTH, Layout, Opcode
from compiler.machines.ram.schema import Opcode as OpcodeNames
from compiler.machines.saved import SavedPromptError, loads, signed
from interpreter.campaign.batches import Batch, Done, Failure
from interpreter.campaign.journal import Journal, JournalError
from interpreter.campaign.readers import damaged_prompt, damaged_trace
from interpreter.campaign.report import report
from interpreter.command_line import main
from interpreter.engines.indexed import native
from interpreter.engines.indexed.memory import History, Memory, Table
from interpreter.runs.certificate import Certificate, CertificateError, from_json
from interpreter.strategies.damage import SAMPLES, damaged_bodies, damaged_prompts, damaged_traces, sample_trace, values
from interpreter.traces.trace_file import TraceFileError, TraceHeader, read_trace, trace_of

DONE = Done(Batch("language", 0, 2, 0), 2, 0, 1, 99, 1.5, {"ADD": 2}, [Failure(1, "print(1)", "no")])
MEMORY = {"memory": asdict(Memory([0] * 8, [Table(0, 2, 3)], [History(7, 2)])), "failures": ["a reason"]}
TENSORS = st.builds(
    np.zeros, st.lists(st.integers(0, 5), max_size=3).map(tuple), st.sampled_from([np.float64, np.float32, np.int64])
)
CIRCUIT = ram_circuit(Layout(base=10))
CERTIFICATE = json.loads(Certificate("ram-10-2", "0" * 64, "0" * 64, (), "theorem").to_json())


def body(number: int = 0) -> dict[str, Any]:
    """What is signed of a sample."""
    return {name: value for name, value in SAMPLES[number].items() if name not in ("format", "version", "sha256")}


def test_samples_are_read() -> None:
    for number, sample in enumerate(SAMPLES):
        prompt, _ = loads(signed(body(number)))
        assert len(prompt.numbers) and sample["sha256"]
    assert trace_of(sample_trace())[0].prompt_tokens == 3
    assert from_json(json.dumps(CERTIFICATE)).machine == "ram-10-2"
    assert set(OpcodeNames.__args__) == {opcode.name for opcode in Opcode}  # type: ignore[attr-defined]


@given(damaged_prompts())
def test_prompts(text: str) -> None:
    damaged_prompt(text)


@given(st.sampled_from(range(len(SAMPLES))), st.data())
def test_prompts_with_one_field_of_any_value(number: int, data: st.DataObject) -> None:
    """The damage that a schema is for: everything else is right."""
    changed = body(number)
    changed["program"] = dict(changed["program"])
    place = data.draw(st.sampled_from([changed, changed["program"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(values)
    damaged_prompt(signed(changed))


@given(damaged_traces())
def test_traces(data: bytes) -> None:
    damaged_trace(data)


@given(st.binary(max_size=200))
def test_traces_of_any_bytes(data: bytes) -> None:
    damaged_trace(data)


@given(damaged_bodies([CERTIFICATE]))
def test_certificates(changed: dict[str, Any]) -> None:
    try:
        from_json(json.dumps(changed))
    except CertificateError as problem:
        assert str(problem)


@given(damaged_bodies([asdict(DONE)]))
def test_journals_of_campaigns(changed: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "journal"
        Journal(file, 0).add(DONE)
        with file.open("a") as opened:
            opened.write(json.dumps(changed) + "\n")
        with suppress(JournalError):
            report(Journal(file, 0).done.values(), 0, 2)


@given(damaged_bodies([MEMORY]))
def test_heads_of_native_code(changed: dict[str, Any]) -> None:
    found = native._read(json.dumps(changed).encode() + b"\ncode")
    assert found is None or (isinstance(found[0], Memory) and found[2] == b"code")


@given(st.dictionaries(st.sampled_from(["features", "readouts", "more"]), TENSORS))
def test_kept_weights(tensors: dict[str, npt.NDArray[Any]]) -> None:
    assert kept_weights._read(CIRCUIT, b"0" * 64 + save(tensors), "stacked") is None


@given(st.binary(max_size=100))
def test_kept_files_of_any_bytes(data: bytes) -> None:
    assert kept_weights._read(CIRCUIT, data, "stacked") is None
    assert native._read(data) is None


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", '{"format": Infinity}', "9" * 5000, ""])
def test_text_that_is_no_prompt_or_certificate(text: str) -> None:
    with pytest.raises(SavedPromptError):
        loads(text)
    with pytest.raises(CertificateError):
        from_json(text)


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        (("program", "layout", "base"), 1000.0, "Expected `int`, got `float` - at `$.program.layout.base`"),
        (("program", "layout", "base"), 100_000, f"`int` <= {MAX_BASE}"),
        (("program", "layout", "max_depth"), 10**9, f"`int` <= {MAX_DEPTH}"),
        (("program", "data"), [["0", "5"]], "Expected `int`, got `str` - at `$.program.data[0][0]`"),
        (("program", "data"), [[5, "5"], [10**6, "5"]], "initial data at address 1000000: the heap has addresses 0 to"),
        (("program", "entry"), True, "Expected `int`, got `bool`"),
        (("input",), 5, "Expected `str`, got `int` - at `$.input`"),
        (("program", "layout", "base"), "\ud800", "a text has half a character, '\\ud800'"),
        (("program", "layout", "base"), float("inf"), "Infinity is no number of JSON"),
        (("program", "traps"), [[10**20, "a", "b"]], "at `$.program.traps[0][0]`"),
        (("unknown",), 1, "unknown field `unknown`"),
        (("snapshot",), {"cells": [[0, 1, "3", "3"]], "calls": [], "pc": 1, "source_steps": 0}, "a cell is numbers"),
    ],
)
def test_what_was_a_traceback(way: tuple[str, ...], value: object, message: str, tmp_path: Path) -> None:
    """One line and status 2, for each file that ended in a traceback, a hanging process or 8 GB of memory."""
    changed = json.loads(json.dumps(body()))
    place = changed
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = value
    (tmp_path / "x.prompt").write_text(signed(changed))
    result = CliRunner().invoke(main, ["run", str(tmp_path / "x.prompt")])
    assert result.exit_code == 2, result.exception
    assert message in result.stderr and len(result.stderr.splitlines()) == 1


def test_tapes_that_no_trace_could_write() -> None:
    changed = body(3)
    changed["snapshot"]["tapes"][1] = [0, [0, 2**31]]
    with pytest.raises(SavedPromptError, match=r"lie 4,294,967,297 moves apart, more than a trace has"):
        loads(signed(changed))


@pytest.mark.parametrize("option", [["--base", "100000"], ["--base", "9" * 30], ["--groups", "5"]])
def test_a_base_that_cannot_be_built(option: list[str]) -> None:
    result = CliRunner().invoke(main, ["model", *option])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("value", ["99999999999999999999", "9" * 5000, "-1", "1e3", "inf"])
def test_an_option_of_a_format_that_is_too_large(value: str, tmp_path: Path) -> None:
    (tmp_path / "x.tm").write_text("1RB1LB_1LA0LC_1RZ1LD_1RD0RA")
    result = CliRunner().invoke(main, ["run", str(tmp_path / "x.tm"), "--set", f"block={value}"])
    assert result.exit_code == 2, result.exception
    assert "Traceback" not in result.stderr


@given(st.one_of(damaged_traces(), st.just(sample_trace())), st.booleans())
def test_a_trace_file_is_read_as_its_content(data: bytes, part: bool) -> None:
    """Mapped, in blocks, or as a whole: the same header and tokens, or the same message."""

    def outcome(read: Callable[[], tuple[TraceHeader, Any]]) -> object:
        try:
            header, tokens = read()
        except TraceFileError as problem:
            return str(problem)
        return header, tokens.tolist()

    with TemporaryDirectory() as folder:
        path = Path(folder) / ("trace.part" if part else "trace")
        path.write_bytes(data)
        assert outcome(lambda: read_trace(path)) == outcome(lambda: trace_of(data, part))
