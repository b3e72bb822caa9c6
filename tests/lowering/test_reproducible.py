"""The same program is the same prompt in every process: no order of a set comes into the code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMPILE = "import sys; from punchtape import compile_program; print(*compile_program(sys.argv[1]).tokens)"
PLAIN = """\
def f(n):
    global alpha, beta
    alpha = n
    beta = n + 1
    return n
for i in range(3):
    zeta = epsilon = delta = gamma = f(i)
    a = [f(x) for x in range(i)]
    print(a, alpha, beta, gamma, delta, epsilon, zeta)
"""
TAGGED = PLAIN + "mixed = {'a': 1, 2: [None, 'b', 1.5]}\nfor key, value in mixed.items():\n    print(key, value)\n"


@pytest.mark.parametrize("source", [PLAIN, TAGGED], ids=["plain", "tagged"])
def test_hash_seeds_do_not_matter(source: str) -> None:
    prompts = {
        subprocess.run(
            [sys.executable, "-c", COMPILE, source], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
            text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(prompts) == 1
