"""`python -m benchmarks`: prints tokens per construct and the speed of the dense engine."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.constructs import CONSTRUCTS, dense_tokens_per_second, tokens_of, tokens_of_fibonacci_loop


def main() -> None:
    table = Table("construct", "tokens", "goal", title="Tokens of one execution")
    table.add_row("while i < n: a, b = b, a + b; i = i + 1", f"{tokens_of_fibonacci_loop():g}", "8")
    for construct in CONSTRUCTS:
        table.add_row(escape(construct.name), f"{tokens_of(construct):g}", str(construct.goal or ""))
    console = Console()
    console.print(table)
    speed = dense_tokens_per_second()
    console.print(f"dense engine, behind a prompt of 500 tokens: {speed:.0f} tokens a second (goal 100)")


if __name__ == "__main__":
    main()
