"""Hypothesis strategies: random programs of the language and of the machines, and prompts of any machine.

They need the extra `test`, which brings Hypothesis.

>>> from hypothesis import given, settings
>>> from punchtape import compile_program
>>> from punchtape.strategies import programs
>>> @settings(max_examples=3, database=None, derandomize=True)
... @given(programs(max_statements=3))
... def compiles(source):
...     compile_program(source)
>>> compiles()
"""

from interpreter.strategies import (
    arithmetic_programs,
    expressions,
    ordinary_programs,
    programs,
    programs_with_input,
    prompts,
    ptm_programs,
    ram_programs,
    tokens,
)

__all__ = [
    "arithmetic_programs",
    "expressions",
    "ordinary_programs",
    "programs",
    "programs_with_input",
    "prompts",
    "ptm_programs",
    "ram_programs",
    "tokens",
]
