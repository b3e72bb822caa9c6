"""What a campaign tries: all subjects, and how large a part of the cases each has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from compiler.machines.ram.isa import Layout
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.campaign import engines, machines, programs, readers
from interpreter.campaign.joining import ordinary_together
from interpreter.campaign.subject import Subject
from interpreter.strategies.counter import counter_machines
from interpreter.strategies.damage import damaged_prompts, damaged_traces
from interpreter.strategies.ordinary import ordinary_programs
from interpreter.strategies.programs import programs as language_programs
from interpreter.strategies.programs import programs_with_input
from interpreter.strategies.ptm import bits, ptm_programs
from interpreter.strategies.ram import arithmetic_programs, ram_programs
from interpreter.traces.ram.listing import listing


def _pasted(case: tuple[Any, ...]) -> str:
    return f"{case[0]}\n# the rest of the case: {case[1:]!r}\n"


def _python(case: tuple[str, str]) -> str:
    return f"{case[0]}\n" + (f"# input: {case[1]!r}\n" if case[1] else "")


def _listed(program: RamProgram) -> str:
    return "\n".join(listing(RamPrompt(program))) + "\n"


_small = language_programs(max_statements=3, depth=1)
_language = (_small | language_programs(max_statements=2, depth=2)).map(lambda source: (source, ""))
_specified = f"the first {engines.SPECIFIED} tokens against the specification"

SUBJECTS: Mapping[str, Subject] = {
    "language": Subject(
        0.42, "output, exception and line against CPython", _language, programs.language, _python, ".py"
    ),
    "ordinary": Subject(
        0.01, "ordinary Python: output and exception against CPython, and the reference interpreter of RAM code",
        ordinary_programs(max_statements=4), programs.ordinary, str, ".py", ordinary_together,
    ),
    "input": Subject(
        0.06, "the same with input", programs_with_input(max_statements=3, depth=1), programs.language, _python, ".py"
    ),
    "tagged": Subject(0.004, "the same where values carry tags", _small, programs.tagged, str, ".py"),
    "arithmetic": Subject(
        0.17, "one instruction against Python's integers", arithmetic_programs(Layout()), programs.arithmetic,
        lambda case: _listed(case[0]), ".ram",
    ),
    "assembly": Subject(
        0.0205, "listed, assembled and run, against the reference interpreter", ram_programs(Layout()),
        programs.assembly, _listed, ".ram",
    ),
    "counter": Subject(
        0.07, "output and steps against the simulator", counter_machines(), machines.counter_machine, str, ".counter"
    ),
    "turing": Subject(
        0.07, "end, steps and score against the simulator", machines.turing_cases(), machines.turing_machine,
        repr, ".tm",
    ),
    "subleq": Subject(
        0.05, "output, end and steps against the simulator", machines.subleq_cases, machines.subleq_program,
        lambda case: f"{machines.subleq_text(*case[:3])}\n; {case[0]} {case[3:]!r}\n", ".subleq",
    ),
    "brainfuck": Subject(
        0.04, "output and end against the simulator", machines.brainfuck_cases, machines.brainfuck_program,
        _pasted, ".bf",
    ),
    "ptm-on-ram": Subject(
        0.005, "output, end and steps against the machine of its own", st.tuples(ptm_programs(), bits),
        machines.post_turing_on_ram, _pasted, ".ptm",
    ),
    "tokens": Subject(0.01, _specified, _small, engines.ram_tokens, str, ".py"),
    "post-turing": Subject(
        0.02, _specified, st.tuples(ptm_programs(), bits, st.booleans()), engines.post_turing_tokens, _pasted, ".ptm"
    ),
    "engines": Subject(
        0.0005, f"the first tokens of the indexed engine against the speculative and (for {engines.DENSE}) the dense",
        ram_programs(Layout(), max_size=40), engines.engines, _listed, ".ram",
    ),
    "prompts": Subject(
        0.04, "a damaged prompt, signed again: read, or refused in one message", damaged_prompts(),
        readers.damaged_prompt, str, ".prompt",
    ),
    "traces": Subject(
        0.01, "a damaged trace: read, or refused in one message", damaged_traces(), readers.damaged_trace,
        lambda data: data.hex(), ".trace.hex",
    ),
}  # fmt: skip
"""By name; the shares add up to 1."""
