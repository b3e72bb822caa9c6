"""Programs of the language against CPython, and code of the machine against Python's integers."""

from __future__ import annotations

import ast
from typing import Any

from compiler.compiling import compile_program
from compiler.front_ends import compile_machine
from compiler.language.errors import SourceError
from compiler.machines.machine import Prompt
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt as RamPrompt
from interpreter.campaign.drawing import Refused
from interpreter.campaign.subject import Checked, Disagreement, agree, ended, engine, opcodes
from interpreter.references.ram import interpret
from interpreter.runs.running import Run, run
from interpreter.simulators import cpython
from interpreter.traces.ram.listing import listing

MAX_TOKENS = 2_000_000
"""Of a program of the language, which ends by itself."""
MAX_ORDINARY = 20_000_000
"""The same of ordinary Python, where the digits of one large float may take three million."""
MAX_INSTRUCTIONS = 100
"""Of aimless code, which need not end."""
LOUD = ("NotImplementedError", "MemoryError")
"""How a program of ordinary Python ends that needs what the language does not have: without a wrong answer."""
SHOWN = (ast.stmt, ast.Lambda, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.JoinedStr, ast.Yield,
         ast.YieldFrom, ast.NamedExpr, ast.Starred)  # fmt: skip


def language(case: tuple[str, str]) -> Checked:
    """Output, exception, its line and how its message begins, against CPython.

    Raises:
        Refused: the generator does not follow all rules for kinds; a refusal is loud, and never wrong.
    """
    source, input_text = case
    try:
        prompt = compile_program(source)
    except SourceError as problem:
        raise Refused from problem
    result = ending(prompt, MAX_TOKENS, input_text)
    expected = cpython.run_python(source, input_text)
    agree("output", expected.output, result.output)
    agree("exception", expected.exception, result.error and result.error.exception)
    agree("line of the exception", expected.line, result.error.line if result.error else 0)
    if result.error and result.error.exception != "RecursionError":
        # What is put together at run time is left out: the literal in `int('x')`, a length, an f-string in `assert`.
        begins = expected.message.startswith(result.error.message)
        agree("message of the exception", expected.message, expected.message if begins else result.error.message)
    return Checked(result.trace_tokens, (ended(result), *opcodes(prompt)))


def ordinary(source: str) -> Checked:
    """Ordinary Python on CPython, as RAM code on its reference interpreter, and on the transformer.

    Output, and of the exception that ends it name, message and line, have to be the same.
    """
    try:
        prompt = compile_program(source)
    except SourceError as refused:
        return Checked(features=(f"refused: {refused.message}",))
    result = ending(prompt, MAX_ORDINARY)
    expected = cpython.run_python(source)
    exception = result.error and result.error.exception
    code = interpret(prompt.program)
    agree("output of the RAM code", code.output, result.output)
    agree("steps of the RAM code", code.steps, result.steps)
    agree("exception of the RAM code", code.trap and code.trap.exception, exception)
    if exception in LOUD and expected.exception != exception:
        return Checked(result.trace_tokens, (ended(result),))
    agree("output", expected.output, result.output)
    agree("exception", expected.exception, exception)
    if result.error:
        agree("message of the exception", expected.message, result.error.message)
        agree("line of the exception", expected.line, result.error.line)
    return Checked(result.trace_tokens, (ended(result), *constructs(source)))


def ending(prompt: Prompt, budget: int, input_text: str = "") -> Run:
    """A run of a program that should end by itself. It comes before CPython's, which has no budget.

    Raises:
        Disagreement: it did not end.
    """
    result = run(prompt, input_text, engine=engine(), max_tokens=budget)
    if result.ended == "budget":
        raise Disagreement(f"no end after {budget} tokens")
    return result


def constructs(source: str) -> tuple[str, ...]:
    """The types of statement and expression that are in the source, by their names in `ast`."""
    return tuple(sorted({type(node).__name__ for node in ast.walk(ast.parse(source)) if isinstance(node, SHOWN)}))


def without_input(source: str) -> tuple[str, str]:
    """A program that reads nothing, as the pair that the checks of programs take."""
    return source, ""


def tagged(source: str) -> Checked:
    """The same where values carry tags: a list of mixed items, at the start, is all that it takes."""
    return language((f"mixed = [0, '']\n{source}", ""))


def arithmetic(case: tuple[Any, str]) -> Checked:
    """One instruction on two integers of any length, against Python's integers."""
    program, expected = case
    prompt = RamPrompt(program)
    result = run(prompt, engine=engine(), max_tokens=10_000)
    agree("output", expected, result.output)
    return Checked(result.trace_tokens, opcodes(prompt))


def assembly(program: RamProgram) -> Checked:
    """A listing is assembled, and does what the reference interpreter makes of the program."""
    prompt = compile_machine("ram", "\n".join(listing(RamPrompt(program))))
    assert isinstance(prompt, RamPrompt)
    agree("instructions", program.instructions, prompt.program.instructions)
    expected = interpret(program, "", MAX_INSTRUCTIONS)
    budget = 10 * MAX_INSTRUCTIONS if expected.ended == "budget" else MAX_TOKENS
    result = run(prompt, engine=engine(), max_tokens=budget)
    features = (ended(result), *opcodes(prompt))
    if expected.ended == "budget":
        agree("output begins", True, result.output.startswith(expected.output))
        return Checked(result.trace_tokens, features)
    agree("output", expected.output, result.output)
    agree("exception", expected.trap and expected.trap.exception, result.error and result.error.exception)
    agree("steps", expected.steps - (expected.ended == "fault"), result.steps - (expected.ended == "fault"))
    return Checked(result.trace_tokens, features)
