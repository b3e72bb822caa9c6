"""A universal Turing machine: with it in the weights, one fixed transformer is a universal computer.

U(15,2) of Neary and Woods, "Four small universal Turing machines" (Fundamenta Informaticae 91, 2009), table 16: it
simulates bi-tag systems, and those all Turing machines, in polynomial time. What it runs has to be encoded for it.
"""

from __future__ import annotations

from compiler.machines.turingformer.turing import Move, Rules

TABLE = "0RB1RA 1RC1RA 0LG0LE 0LF1LE 1RA1LD 1LD1LD 0LH1LG 1LI1LG 0RA1LJ 1LK--- 0RL1RN 0RM1RL 0LB1RL 0LC0RO 0RN1RN"
"""A state after the other: what it does when it reads 0, and 1; A is the first, `---` is not defined."""


def universal() -> Rules:
    """Its transitions."""
    rules: dict[tuple[int, int], tuple[int, Move, int | None] | None] = {}
    for state, row in enumerate(TABLE.split()):
        for symbol, does in enumerate((row[:3], row[3:])):
            move: Move = 1 if does[1] == "R" else -1
            rules[state, symbol] = None if does == "---" else (int(does[0]), move, ord(does[2]) - ord("A"))
    return rules
