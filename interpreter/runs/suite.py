"""Data sets of programs whose answers are known, on the transformer: CRUXEval and HumanEval in their published form.

Nothing of a data set is carried out by Python. Its programs are compiled into prompts, the transformer runs these, and
the answers are in the data: of CRUXEval the result of a call, as a literal; of HumanEval that all asserts hold.
"""

from __future__ import annotations

import ast
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from compiler.compiling import compile_program
from compiler.language.errors import SourceError
from compiler.language.python.parsing import parse_python
from interpreter.engines.engine import Engine
from interpreter.runs.running import run

How = Literal["equal", "wrong", "refused", "over budget", "crashed"]
UNSUPPORTED = ("NotImplementedError", "MemoryError")
"""Exceptions by which a run says that it came to what is not in the language, or needs more memory than there is."""
END = "all asserts hold"


class SuiteError(ValueError):
    """A line is no task of a format that is known; the message names the line."""


@dataclass(frozen=True)
class Task:
    """A program that reads nothing, and what it has to print."""

    name: str
    source: str
    expected: str


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    reason: of a refusal, or what a wrong program printed; prompt_tokens, trace_tokens: 0 where there is no prompt;
    seconds: wall time of compiling and running.
    """

    task: Task
    how: How
    reason: str = ""
    prompt_tokens: int = 0
    trace_tokens: int = 0
    seconds: float = 0.0


def read_tasks(text: str) -> list[Task]:
    """The tasks of a file with a JSON object a line.

    Raises:
        SuiteError: see there.
    """
    tasks = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            tasks.append(_task(json.loads(line), number))
        except (ValueError, KeyError, TypeError, SourceError, RecursionError):
            known = "CRUXEval has code, input and output, HumanEval prompt, canonical_solution, test and entry_point"
            raise SuiteError(f"line {number}: error: no task of a data set that is known; {known}") from None
    if not tasks:
        raise SuiteError("error: there are no tasks in it")
    return tasks


def _task(entry: Mapping[str, str], number: int) -> Task:
    if "code" in entry:
        source = f"{entry['code']}\nprint(f({entry['input']}))\n"
        return Task(str(entry.get("id", f"line {number}")), source, f"{_printed(entry['output'])}\n")
    asserts = "\n".join(_asserts(entry["test"], entry["entry_point"]))
    source = f"{entry['prompt']}{entry['canonical_solution']}\n{asserts}\nprint({END!r})\n"
    return Task(str(entry.get("task_id", f"line {number}")), source, f"{END}\n")


def _printed(literal: str) -> str:
    """What `print` makes of the value of a literal: of a text itself, of all else what is written."""
    match parse_python(literal).body:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return text
        case _:
            return literal


def _asserts(test: str, name: str) -> Iterable[str]:
    """The asserts of `check(candidate)`, with the name of the function for `candidate` and without their messages."""
    for definition in parse_python(test).body:
        if isinstance(definition, ast.FunctionDef) and definition.name == "check":
            for statement in definition.body:
                if isinstance(statement, ast.Assert):
                    for node in ast.walk(statement.test):
                        if isinstance(node, ast.Name) and node.id == "candidate":
                            node.id = name
                    yield ast.unparse(ast.Assert(statement.test))


def carry_out(task: Task, engine: Engine, max_tokens: int, max_seconds: float) -> Outcome:
    """Compiles and runs a task; whatever happens is an outcome."""
    begun = time.perf_counter()
    prompt_tokens = trace_tokens = 0

    def outcome(how: How, reason: str = "") -> Outcome:
        return Outcome(task, how, reason, prompt_tokens, trace_tokens, time.perf_counter() - begun)

    try:
        prompt = compile_program(task.source, task.name)
        prompt_tokens = len(prompt.numbers)
        result = run(
            prompt, engine=engine, max_tokens=max_tokens, stop=lambda: time.perf_counter() - begun > max_seconds
        )
    except SourceError as refused:
        return outcome("refused", refused.message)
    except Exception as problem:
        return outcome("crashed", f"{type(problem).__name__}: {problem}")
    trace_tokens = result.trace_tokens
    if result.ended in ("budget", "interrupted"):
        return outcome("over budget")
    if result.error is not None and result.error.exception in UNSUPPORTED:
        return outcome("refused", f"at run time: {result.error.exception}")
    if result.error is None and result.output == task.expected:
        return outcome("equal")
    return outcome("wrong", result.output + (result.error.render() if result.error else ""))


def report(suites: Mapping[str, Sequence[Outcome]]) -> str:
    """What came of the tasks of each suite, as Markdown."""
    lines = [
        "| suite | tasks | equal | wrong | refused | over budget | crashed | prompt tokens | tokens | seconds |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, outcomes in suites.items():
        counts = Counter(outcome.how for outcome in outcomes)
        whole = [outcome for outcome in outcomes if outcome.how == "equal"]
        entries = [
            f"{len(outcomes):,}", f"{counts['equal']:,} ({percentage(outcomes):.1f} %)", f"{counts['wrong']:,}",
            f"{counts['refused']:,}", f"{counts['over budget']:,}", f"{counts['crashed']:,}",
            _spread([outcome.prompt_tokens for outcome in whole]), _spread([outcome.trace_tokens for outcome in whole]),
            f"{sum(outcome.seconds for outcome in outcomes):,.0f}",
        ]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(entries)} |")
    lines += ["", "Tokens: the median of the tasks that are equal, and the most."]
    for name, outcomes in suites.items():
        reasons = Counter(outcome.reason for outcome in outcomes if outcome.how == "refused")
        if reasons:
            lines += ["", f"Refused of {name}, by reason:", ""]
            lines += [f"- {count} x {reason}" for reason, count in reasons.most_common()]
        for outcome in outcomes:
            if outcome.how in ("wrong", "crashed"):
                lines += ["", f"{outcome.how}: {outcome.task.name} of {name}: expected {outcome.task.expected!r}, "]
                lines[-1] += f"got {outcome.reason!r}"
    return "\n".join(lines) + "\n"


def percentage(outcomes: Sequence[Outcome]) -> float:
    """Of the tasks, how many are equal."""
    return 100 * sum(outcome.how == "equal" for outcome in outcomes) / len(outcomes)


def _spread(numbers: Sequence[int]) -> str:
    return f"{median(numbers):,.0f}, {max(numbers):,}" if numbers else ""
