"""Hypothesis strategies for tests of one's own: random programs of the language and of the machines.

from hypothesis import given
from interpreter.strategies import programs

@given(programs(max_statements=10))
def test_mine(source): ...
"""

from interpreter import how_to_install

try:
    import hypothesis as _  # noqa: F401
except ModuleNotFoundError as _problem:
    raise ImportError(f"strategies need Hypothesis: {how_to_install('test')}") from _problem

from interpreter.strategies.expressions import expressions
from interpreter.strategies.machines import prompts, tokens
from interpreter.strategies.ordinary import ordinary_programs
from interpreter.strategies.programs import programs, programs_with_input
from interpreter.strategies.ptm import ptm_programs
from interpreter.strategies.ram import arithmetic_programs, ram_programs

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
