"""Random programs of ordinary Python: what the language accepts beyond the inference of types.

expressions, statements, definitions    tables: how each kind of value is made, what is done, functions and classes
writer                                  fills the tables' holes at random
"""

from interpreter.strategies.ordinary.writer import ordinary_programs

__all__ = ["ordinary_programs"]
