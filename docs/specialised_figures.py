"""What the pages count of specialised transformers: sizes beside the universal one, and a projection of an interpreter.

python -m docs.specialised_figures   # the speeds of the page, measured here: they are typed there, with the date
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

PROGRAMS = (
    "hello", "parity", "edit_distance", "palindromes", "collatz", "fibonacci", "queens", "matrix_product",
    "miller_rabin", "brainfuck",
)  # fmt: skip
"""The rows of the table."""
HELLO = "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++."
"""A brainfuck program that reads nothing; it is widely known, and prints Hello World!"""


def of_specialised(names: Iterable[str] = PROGRAMS) -> dict[str, Any]:
    """By program: sizes of the transformer that it was moved into; `before`: tokens of the prompt of the universal one,
    without input, and `prompt`: what is left of them."""
    from compiler import compile_program

    numbers = {}
    for name in names:
        file = ROOT / "programs" / f"{name}.py"
        prompt = compile_program(file.read_text(encoding="utf-8"), str(file))
        numbers[name.replace("_", "-")] = sizes(prompt)
    return numbers


def sizes(prompt: Any, with_input: bool = False) -> dict[str, int]:
    """Of one prompt."""
    from compiler.specialising import specialise
    from interpreter.model.facts import facts

    made = specialise(prompt, with_input=with_input)
    known = facts(made.weights)
    return {
        "layers": known.layers,
        "heads": sum(known.heads),
        "neurons": sum(known.neurons),
        "width": known.width,
        "non_zeros": known.non_zeros,
        "vocabulary": known.vocabulary,
        "parameters": known.parameters,
        "before": len(prompt.numbers),
        "prompt": len(made.shortened(prompt.numbers)),
    }


def of_projection() -> dict[str, Any]:
    """A brainfuck program: in the interpreter's prompt, in its weights, and compiled by the front end."""
    from compiler.front_ends import compile_machine
    from interpreter.engines import create

    interpreter = interpreted()
    compiled = compile_machine("bf", HELLO)
    runs = {}
    for name, prompt in (("interpreted", interpreter), ("compiled", compiled)):
        decoded = create("indexed", prompt.machine).decode(prompt.numbers)
        runs[name] = {"tokens": sum(map(len, decoded))}
    return {
        "interpreted": {**runs["interpreted"], **sizes(interpreter)},
        "both": sizes(interpreter, with_input=True),
        "compiled": {**runs["compiled"], **sizes(compiled)},
    }


def interpreted() -> Any:
    """The prompt of the interpreter with the program as its input."""
    from compiler import compile_program

    file = ROOT / "programs" / "brainfuck.py"
    return compile_program(file.read_text(encoding="utf-8"), str(file)).with_input(f"{HELLO}\n\n")


def measure() -> None:
    """CPU seconds: of specialising, and of each engine on the run, the least of five."""
    import numpy as np

    from compiler.front_ends import compile_machine
    from compiler.machines.tokens.prompt import TokenPrompt
    from compiler.specialising import specialise
    from compiler.specialising.specialising import specialised_to
    from interpreter.engines.indexed import IndexedEngine

    def timed(what: str, work: Any, times: int = 1) -> Any:
        least, result = float("inf"), None
        for _ in range(times):
            begun = time.process_time()
            result = work()
            least = min(least, time.process_time() - begun)
        print(f"{what:<50}{least:9.3f} s")
        return result

    def run(what: str, machine: Any, numbers: Any) -> None:
        engine = timed(f"{what}: code", lambda: IndexedEngine(machine, keep=False))
        tokens = timed(f"{what}: run", lambda: sum(map(len, engine.decode(numbers))), 5)
        print(f"{what:<50}{tokens:9,} tokens")

    prompt = interpreted()
    _ = prompt.machine.weights
    run("universal, interpreter in the prompt", prompt.machine, prompt.numbers)
    once = timed("specialise the interpreter", lambda: specialise(prompt))
    numbers = once.shortened(prompt.numbers)
    run("interpreter in the weights", once.machine, numbers)
    short = TokenPrompt(once.machine, "interpreter", tuple(once.machine.vocabulary[n] for n in numbers))
    given = {int(numbers[-1])}
    twice = timed("specialise that to the program", lambda: specialised_to(short, len(numbers) - 1, None, given))
    run("both in the weights, in two steps", twice.machine, twice.shortened(numbers))
    both = timed("specialise to both at once", lambda: specialise(prompt, with_input=True))
    run("both in the weights, in one step", both.machine, both.shortened(prompt.numbers))
    compiled = compile_machine("bf", HELLO)
    run("universal, compiled by the front end", compiled.machine, compiled.numbers)
    front = specialise(compiled)
    run("compiled, in the weights", front.machine, front.shortened(np.asarray(compiled.numbers)))


if __name__ == "__main__":
    measure()
