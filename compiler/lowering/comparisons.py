"""The comparison operators of the source: which jump each one is, and its opposite."""

from __future__ import annotations

from compiler.machines.ram.isa import Opcode

JUMPS = {
    "<": (Opcode.JLT, False),
    ">=": (Opcode.JGE, False),
    ">": (Opcode.JLT, True),
    "<=": (Opcode.JGE, True),
    "==": (Opcode.JEQ, False),
    "!=": (Opcode.JNE, False),
}
"""For each comparison of integers the jump that is taken if it holds, and whether the operands change places."""

INVERSE = {Opcode.JLT: Opcode.JGE, Opcode.JGE: Opcode.JLT, Opcode.JEQ: Opcode.JNE, Opcode.JNE: Opcode.JEQ}
"""The jump that is taken exactly when this one is not; JIN has none."""

OPPOSITE = {
    "<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "==",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip
"""The operator that holds exactly when this one does not."""
