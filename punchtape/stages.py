"""The stages of the compiler: parse, check, lower. `compile_program` is these three in a row.

>>> from punchtape import run
>>> from punchtape.stages import Prompt, check, lower, parse
>>> tree = parse("n = 6 * 7\\nprint(n)\\n")
>>> type(tree.body[0]).__name__
'Assign'
>>> code = lower(check(tree))
>>> run(Prompt(code)).output
'42\\n'

A pass of your own stands between two stages: it takes a tree and returns a tree, or takes RAM code and returns it.
"""

from compiler.language.checked import CheckedProgram
from compiler.language.checker import check
from compiler.language.parser import parse
from compiler.language.syntax import Module
from compiler.lowering import lower
from compiler.machines.ram.program import RamProgram
from compiler.machines.ram.prompt import Prompt

__all__ = ["CheckedProgram", "Module", "Prompt", "RamProgram", "check", "lower", "parse"]
