"""`python -m proofs_check.kernel lag|post RULES > FILE.v`: weights and theorem of the transformer for these rules."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from compiler.machines.lag import system
from compiler.machines.post import rules
from proofs_check.kernel import lag_file, post_file


def main(arguments: Sequence[str]) -> int:
    """Writes the file for a text of rules to standard output."""
    match arguments:
        case ["lag", name]:
            text = lag_file(system.parse(Path(name).read_text(encoding="utf-8"), name), Path(name).name)
        case ["post", name]:
            text = post_file(rules.parse(Path(name).read_text(encoding="utf-8"), name), Path(name).name)
        case _:
            print("usage: python -m proofs_check.kernel lag|post RULES", file=sys.stderr)
            return 2
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
