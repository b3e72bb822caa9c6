"""A program has one prompt: it does not depend on how Python orders the items of sets of strings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SOURCE = """\
for first in range(2):
    for second, third in [[1, 2], [3, 4]]:
        x = y = z = first + second + third
print([fourth + x for fourth in range(3)], y, z)
"""

HASHES = """
import hashlib, sys
from compiler.compiling import compile_program
for source in sys.stdin.read().split("\\0"):
    print(hashlib.sha256(repr(compile_program(source).tokens).encode()).hexdigest())
"""


def hashes(seed: str) -> list[str]:
    """Hashes of prompts, compiled where the hash of a string is what the seed makes it."""
    sources = [SOURCE, SOURCE + "print({x: None})\n", (ROOT / "programs" / "palindromes.py").read_text()]
    process = subprocess.run(
        [sys.executable, "-c", HASHES],
        input="\0".join(sources),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return process.stdout.split()


def test_prompts_do_not_depend_on_the_hash_seed() -> None:
    one = hashes("1")
    assert len(set(one)) == 3
    assert one == hashes("2") == hashes("3")
