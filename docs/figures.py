"""The numbers of the pages that are counted or measured, from one place.

    python -m docs.figures                # counts again, writes docs/figures.json, and brings the pages up to date
    python -m docs.figures --only bench   # only what is named, here the speeds after `make bench`
    python -m docs.figures --prove ram    # proves all lemmas of that machine as well, and notes what that took
    python -m docs.figures --recheck ram  # the same, with each query to z3 asked again of cvc5
    python -m docs.figures --beavers 2x4  # runs that busy beaver again, see `beavers.py`

In a page, `<!--= ram.stacked.non_zeros -->1,401<!--/-->` is the number of that name with markers around it, which
Markdown does not show. Speeds are taken from `benchmarks/results/results.json` (`make bench`), what is said of mutants
from `proofs_check/mutation_report.md` (`make mutation`).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from math import log, log1p
from pathlib import Path
from statistics import median
from typing import Any

from docs.beavers import LONG, of_beavers, of_long
from docs.proof_figures import CHECKS, of_lemmas, of_mutation, of_proof, of_windows

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "figures.json"
BENCHMARKS = ROOT / "benchmarks" / "results" / "results.json"
TAGGED = 'd = {"a": 1, "b": None, "c": [1]}; print(d)'
"""The program that `docs/typing.md` speaks of."""
MARKED = re.compile(r"<!--= ([\w.-]+) -->(.*?)<!--/-->", re.S)

LOOPED = ("ram", "ptm")
"""Of which machines the pages tell the looped form."""
GPT_4 = 0.59
"""The share of products of three by three digits that it gets right (Dziri et al. 2023)."""
GAP = 1024
"""The least gap between scores in the machine as it is: see `compiler.circuits.weights.score`."""


def pages() -> list[Path]:
    """All pages that may have numbers; those of experiments are written from their rows."""
    written = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "proofs_check" / "README.md"]
    return sorted(page for page in written if page.parent.name != "experiments" or page.name == "README.md")


def of_weights() -> dict[str, Any]:
    """By machine and form, what `interpreter.model.facts` counts of its weights; of some only as stacked layers."""
    from compiler.circuits import FORMS
    from compiler.machines.constructions import CONSTRUCTIONS
    from interpreter.command_line.machines import machine_named
    from interpreter.model.facts import facts

    numbers: dict[str, Any] = {}
    for construction in CONSTRUCTIONS:
        numbers[construction.name] = {}
        forms = FORMS if construction.name in LOOPED else FORMS[:1]
        for form in forms:
            weights = machine_named(construction.name, form=form).weights
            known = {**asdict(facts(weights)), "sha256": weights.sha256()}
            known |= {name: sum(known[name]) for name in ("heads", "neurons")}
            numbers[construction.name][form] = known
        if len(forms) > 1:
            stacked, looped = numbers[construction.name]["stacked"], numbers[construction.name]["looped"]
            numbers[construction.name]["per-cent"] = round(100 * looped["non_zeros"] / stacked["non_zeros"])
    return {**numbers, "small": {"vocabulary": len(machine_named("ram", 10).vocabulary)}}


def of_constructs() -> dict[str, Any]:
    """Tokens of one execution of each construct of the language, and of a prompt with tagged values, to the hundred."""
    from benchmarks.constructs import CONSTRUCTS, tokens_of, tokens_of_fibonacci_loop
    from compiler import compile_program

    counted = {construct.key: tokens_of(construct) for construct in CONSTRUCTS}
    counted["fibonacci-loop"] = tokens_of_fibonacci_loop()
    counted["tagged-prompt"] = float(round(len(compile_program(TAGGED).numbers), -2))
    return {key: int(tokens) if tokens.is_integer() else tokens for key, tokens in counted.items()}


def of_memory() -> dict[str, dict[str, int]]:
    """Tokens of what takes memory, by the address groups of the heap, and by how many per cent three cost more."""
    from benchmarks.constructs import ALLOCATING, tokens_of
    from compiler.machines.ram import Layout

    counted = {}
    for construct in ALLOCATING:
        two, three = (tokens_of(construct, Layout(groups=groups)) for groups in (2, 3))
        counted[construct.key] = {"two": round(two), "three": round(three), "more": round(100 * (three / two - 1))}
    return counted


def of_benchmarks() -> dict[str, Any]:
    """What `make bench` measured last, and the ratios that the pages name."""
    from benchmarks.results_table import rate, ratio, seconds

    measured = json.loads(BENCHMARKS.read_text(encoding="utf-8"))
    engines = {
        f"{e['engine'].replace(' ', '-')}-{e['tokens']}": {
            "rate": rate(e["tokens"] / e["seconds"]),
            "seconds": seconds(e["seconds"]),
            "mib": f"{e['memory_peak'] / 2**20:.0f}",
        }
        for e in measured["engines"]
    }
    fast = [e["tokens"] / e["seconds"] for e in measured["engines"] if e["engine"] == "indexed" and e["tokens"] > 5000]
    slowdowns = [t["seconds"] / t["cpython_seconds"] for t in measured["tasks"]]
    gained = [t["seconds"] / t["specialised_seconds"] for t in measured["tasks"]]
    left = [t["specialised_seconds"] / t["cpython_seconds"] for t in measured["tasks"]]
    tasks = {_key(t["task"]): _of_task(t) for t in measured["tasks"]}
    peers = {
        _key(p["task"]): {
            "tokens": f"{p['trace_tokens']:,}",
            "theirs": f"{p['peer_tokens']:,}",
            "seconds": f"{p['seconds']:.2g}",
            "their-seconds": f"{p['peer_seconds']}",
            "faster": f"{ratio(p['peer_seconds'] / p['seconds'])}x",
            "warm": seconds(p["specialised_seconds"]),
            "warm-faster": f"{ratio(p['peer_seconds'] / p['specialised_seconds'])}x",
        }
        for p in measured["peers"]
    }
    return {
        "engines": engines,
        "indexed": {"slowest": rate(min(fast)), "fastest": rate(max(fast))},
        "cpython": {"least": f"{min(slowdowns):.0f}", "most": f"{max(slowdowns):.0f}"},
        "specialised": {
            "least": ratio(min(gained)),
            "most": ratio(max(gained)),
            "least-slowdown": ratio(min(left)),
            "most-slowdown": ratio(max(left)),
        },
        "tasks": tasks,
        "peers": peers,
        "date": measured["machine"]["date"],
        "cpu": measured["machine"]["CPU"],
        "cores": measured["machine"]["cores"],
    }


def _of_task(t: dict[str, Any]) -> dict[str, str]:
    """A task on both engines, beside CPython; `cold`: the whole process of `run` with the specialised one."""
    from benchmarks.results_table import ratio, seconds

    processes, cold = t["processes"], t["processes"]["cold"]
    return {
        "tokens": f"{t['trace_tokens']:,}",
        "cpython": seconds(t["cpython_seconds"]),
        "indexed": seconds(t["seconds"]),
        "indexed-slowdown": f"{ratio(t['seconds'] / t['cpython_seconds'])}x",
        "specialised": seconds(t["specialised_seconds"]),
        "faster": f"{ratio(t['seconds'] / t['specialised_seconds'])}x",
        "slowdown": f"{ratio(t['specialised_seconds'] / t['cpython_seconds'])}x",
        "indexed-process": seconds(processes["indexed"]),
        "cpython-process": seconds(processes["cpython"]),
        "cold": seconds(cold["seconds"]),
        "cold-faster": f"{ratio(processes['indexed'] / cold['seconds'])}x",
        "cold-specialising": seconds(cold["specialising"]),
        "cold-indexed": f"{cold['indexed_tokens']:,}",
    }


def _key(name: str) -> str:
    """The name of a task as the name of a figure."""
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def of_comparison(dtypes: tuple[str, ...] = ("float64", "float32")) -> dict[str, Any]:
    """What `punchtape compare` says of a task, by construction and form: tokens, and how far data types go.

    How far float32 goes depends on the order of sums, which is the processor's.
    """
    from compiler.circuits import FORMS
    from interpreter.command_line.sources import Source, open_prompt
    from interpreter.runs.comparing import compete

    file, bits = str(ROOT / "programs" / "machines" / "parity.ptm"), "0110"
    numbers: dict[str, Any] = {}
    for construction in LOOPED:
        prompt = open_prompt(Source(file, machine=construction, input_text=bits))
        prompt = prompt.with_input(bits) if prompt.reads_input else prompt
        numbers[construction] = {}
        for form in FORMS:
            found = compete(prompt.in_form(form), max_tokens=1000, tried=1000, dtypes=dtypes)
            tokens, steps = found.run.trace_tokens, found.source_steps
            assert steps is not None, "the run did not come to its end"
            numbers[construction][form] = {
                "prompt": found.run.prompt_tokens,
                "tokens": tokens,
                "per-step": f"{tokens / steps:.2f}",
                **{name: "all" if whole else f"the first {right:,}" for name, (right, whole) in found.right.items()},
            }
    return {"parity": numbers}


def of_experiments() -> dict[str, Any]:
    """What the rows of the experiments say, as far as `docs/experiments/README.md` tells it in other words."""

    def rows(name: str) -> list[dict[str, str]]:
        text = (ROOT / "docs" / "experiments" / f"{name}.csv").read_text(encoding="utf-8")
        return list(csv.DictReader(text.splitlines()))

    saved: dict[str, list[float]] = {}
    for row in rows("recompute"):
        if int(row["k"]) > 1:
            saved.setdefault(row["width"], []).append(float(row["saved_token"]))
    widths = ("width", "twice", "four-times")
    compose = rows("compose")
    flips = [row for row in compose if row["noise"] == "tokens flip"]
    three = next(row for row in flips if row["digits"] == "3x3" and row["level"] == "0.01")
    nodes = log(float(three["expected"])) / log1p(-float(three["error_rate"]))
    softer = [row for row in compose if row["noise"] == "softer attention"]
    erring = {row["level"] for row in softer if float(row["error_rate"])}
    least_right = min(float(row["level"]) for row in softer if row["level"] not in erring)
    return {
        "saved": {name: round(100 * median(shares)) for name, shares in zip(widths, saved.values(), strict=True)},
        "float32": {
            f"{row['machine']}-{row['form']}-{row['built_for']}": row["first_wrong"] or "none"
            for row in rows("precision")
            if row["dtype"] == "float32"
        },
        "compose": {
            "points": f"{100 * max(abs(float(row['right']) - float(row['expected'])) for row in flips):.0f}",
            "flips": len(flips),
            "like-gpt-4": round(1 / (1 - GPT_4 ** (1 / nodes))),
            "least-right-gap": f"{GAP * least_right:.1f}",
            "most-wrong-gap": f"{GAP * max(map(float, erring)):.1f}",
        },
    }


def of_specialised() -> dict[str, Any]:
    """Sizes of transformers that programs have been moved into, and of the projection of an interpreter."""
    from docs import specialised_figures

    return {**specialised_figures.of_specialised(), "projection": specialised_figures.of_projection()}


def shown(name: str, numbers: Any) -> str:
    """The number of this name as pages show it: integers have thousands separators.

    Raises:
        KeyError: there is none of this name.
    """
    for part in name.split("."):
        numbers = numbers[part]
    return f"{numbers:,}" if isinstance(numbers, int) else str(numbers)


def filled(text: str, numbers: Any) -> str:
    """The text with the number of its name between each pair of markers."""
    return MARKED.sub(lambda m: f"<!--= {m[1]} -->{shown(m[1], numbers)}<!--/-->", text)


def known() -> dict[str, Any]:
    """The figures as they were counted and measured last."""
    numbers: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return numbers


SECTIONS: dict[str, Callable[[], Any]] = {
    "check": of_lemmas,
    "windows": of_windows,
    "mutation": of_mutation,
    "constructs": of_constructs,
    "memory": of_memory,
    "bench": of_benchmarks,
    "comparison": of_comparison,
    "experiments": of_experiments,
    "specialised": of_specialised,
}
"""What is counted, by key of the figures. Weights have several keys; of beavers and proofs what takes long is kept."""


def main() -> None:
    """Writes the figures and the pages."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures", description=__doc__)
    parser.add_argument("--prove", nargs="*", default=(), choices=CHECKS, help="prove all lemmas of these")
    parser.add_argument("--recheck", nargs="*", default=(), choices=CHECKS, help="and ask cvc5 every query again")
    parser.add_argument("--beavers", nargs="*", default=(), choices=LONG, help="run these busy beavers again")
    parser.add_argument("--only", nargs="*", default=SECTIONS, choices=SECTIONS, help="count only these again")
    asked = parser.parse_args()
    numbers = known()
    if asked.only is SECTIONS:
        numbers |= of_weights()
        numbers["beavers"] = of_beavers() | {"long": numbers["beavers"]["long"] | of_long(asked.beavers)}
    numbers |= {name: SECTIONS[name]() for name in asked.only}
    numbers["proofs"] |= {name: of_proof(name) for name in asked.prove}
    numbers["rechecks"] |= {name: of_proof(name, recheck=True) for name in asked.recheck}
    FILE.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    for page in pages():
        page.write_text(filled(page.read_text(encoding="utf-8"), numbers), encoding="utf-8")


if __name__ == "__main__":
    main()
