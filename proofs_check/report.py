"""A certificate for readers: a table for the terminal, a section for a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.table import Table

from interpreter.runs.certificate import Certificate
from proofs_check.lemma import Outcome, Result

_COLOURS = {Outcome.PROVED: "green", Outcome.CHECKED: "cyan", Outcome.NOT_PROVED: "yellow", Outcome.REFUTED: "red"}
_PLAIN = {
    r"\le": "<=", r"\ge": ">=", r"\max": "max", r"\cdot": "*", r"\sum": "sum", r"\dots": "…", r"\delta": "delta",
    r"\gamma": "gamma", r"\ell": "l", r"\phi": "phi", r"\lfloor": "floor(", r"\rfloor": ")", r"\exp": "exp",
    r"\infty": "infinity",
    r"\mathrm": "", r"\,": " ", r"\frac{1}{2}": "1/2",
}  # fmt: skip


def plain(statement: str) -> str:
    """A statement without LaTeX."""
    for macro, text in sorted(_PLAIN.items(), key=lambda pair: -len(pair[0])):
        statement = statement.replace(macro, text)
    return re.sub(r"[${}]", "", statement)


def table(certificate: Certificate, every: bool = False) -> Table:
    """Lemmas with outcome and time. Lemmas of one kind ("step: …") share a row while all are proved, unless `every`."""
    result = Table(title=f"{certificate.machine}, weights {certificate.weights_sha256[:16]}…")
    for name in ("lemma", "result", "s", "statement and note"):
        result.add_column(name, justify="right" if name == "s" else "left", overflow="fold")
    for group in _grouped((*certificate.results, *certificate.engine), every):
        first = group[0]
        name = first.lemma.name if len(group) == 1 else f"{first.lemma.name.split(':')[0]}: {len(group)} cases"
        seconds = f"{sum(r.seconds for r in group):.1f}"
        note = f" [{first.note}]" if first.note and len(group) == 1 else ""
        outcome = f"[{_COLOURS[first.outcome]}]{first.outcome.value}[/]"
        result.add_row(name, outcome, seconds, _escaped(plain(first.lemma.statement) + note))
    return result


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _grouped(results: Iterable[Result], every: bool) -> list[list[Result]]:
    groups: list[list[Result]] = []
    for result in results:
        kind = result.lemma.name.split(":")[0]
        last = groups[-1][-1] if groups else None
        same = last is not None and last.lemma.name.split(":")[0] == kind and ":" in result.lemma.name
        if same and not every and last is not None and last.proved and result.proved:
            groups[-1].append(result)
        else:
            groups.append([result])
    return groups


def limits(certificate: Certificate) -> Table:
    """N for each data type. Where no limit is for small programs, nothing is known of the machine but its tensors."""
    if not any(limit.small for limit in certificate.limits.values()):
        return _plain_limits(certificate)
    result = Table(title="trace length N up to which the theorem holds")
    lengths = ("every program", "sums in order", "small programs")
    for name in ("data type", *lengths, "tokens × Σ|jump| below", "limited by"):
        result.add_column(name, justify="left" if name in ("data type", "limited by") else "right", overflow="fold")
    for limit in certificate.limits.values():
        numbers = (limit.tokens, limit.tokens_in_order, limit.tokens_small, limit.product)
        result.add_row(limit.dtype, *(f"{n:,}" for n in numbers), _escaped(limit.limited_by))
    return result


def _plain_limits(certificate: Certificate) -> Table:
    result = Table("data type", "N", "limited by", title="trace length N up to which nothing rounds")
    for limit in certificate.limits.values():
        result.add_row(limit.dtype, f"{limit.tokens:,}", _escaped(limit.limited_by))
    return result


# ----------------------------------------------------------------------------------------------- LaTeX


def latex(certificate: Certificate) -> str:
    """One section: theorem, assumptions, lemmas, limits. Needs `longtable`; compiles in an ordinary article."""
    lines = [
        r"% \usepackage{longtable,amsmath}",
        rf"\section{{Correctness of the machine \texttt{{{_tex(certificate.machine)}}}}}",
        rf"Weights: SHA-256 \texttt{{\small {certificate.weights_sha256[:32]}}}\\"
        rf"\texttt{{\small {certificate.weights_sha256[32:]}}}.",
        "",
        r"\paragraph{Theorem" + ("" if certificate.proved else " (with open lemmas)") + ".}",
        _tex(certificate.theorem),
        "",
    ]
    if certificate.assumptions:
        lines += [r"\paragraph{Assumptions.}", r"\begin{itemize}"]
        lines += [rf"\item {_tex(a)}." for a in certificate.assumptions]
        lines += [r"\end{itemize}", ""]
    if certificate.limits:
        lines += [r"\begin{center}", r"\begin{tabular}{lrrrp{5cm}}"]
        lines += [r"type & $N$, every program & $N$, sums in order & $N$, small programs & limited by \\ \hline"]
        for limit in certificate.limits.values():
            numbers = f"{limit.tokens} & {limit.tokens_in_order} & {limit.tokens_small}"
            lines.append(rf"{limit.dtype} & {numbers} & {_tex(limit.limited_by)} \\")
        lines += [r"\end{tabular}", r"\end{center}", ""]
    lines += [r"\begin{longtable}{p{3.2cm}p{6.6cm}p{3.4cm}l}"]
    lines += [r"lemma & statement & method & result \\ \hline \endhead"]
    for group in _grouped((*certificate.results, *certificate.engine), every=False):
        first = group[0]
        name = first.lemma.name if len(group) == 1 else f"{first.lemma.name.split(':')[0]} ({len(group)} cases)"
        statement = f"{first.lemma.statement} ({first.lemma.domain})"
        cells = (_tex(name), _tex(statement), _tex(first.lemma.method), first.outcome.value)
        lines.append(" & ".join(cells) + r" \\[2pt]")
    lines += [r"\end{longtable}", ""]
    return "\n".join(lines)


def _tex(text: str) -> str:
    """Escapes text outside of the formulas between dollar signs."""
    parts = text.split("$")
    special = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "…": r"\dots{}", "<": "$<$", ">": "$>$"}

    def escape(part: str) -> str:
        part = "".join(special.get(c, c) for c in part)
        return re.sub(r"([%&#_{}])(?!\})", lambda m: m[0] if m[0] in "{}" else "\\" + m[0], part)

    return "$".join(p if i % 2 else escape(p) for i, p in enumerate(parts))
