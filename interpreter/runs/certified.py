"""What a certificate allows: runs on weights about which every lemma is proved, up to the length it names.

Certificates (`interpreter.runs.certificate`) are kept by `punchtape check` by the weights' SHA-256. One that other
sources made proves nothing: its proofs, or the specification that they are about, are not those that are here.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from compiler.storage import cache
from compiler.storage.cache import opened
from interpreter.runs.certificate import CertificateError, from_json

ROOT = Path(cache.__file__).parents[2]
ROOMS = ("compiler", "interpreter", "proofs_check")
BEGINNINGS = ("proofs_check.check", "compiler.machines.constructions")
"""A certificate rests on all that the check and the machines import, and on what that imports."""
GROUPS = 1000
"""Groups that an integer may have, in the theorem."""
LIBRARIES = ("z3-solver", "sympy", "cvc5", "numpy", "torch", "llvmlite")
"""Distributions whose answers a certificate trusts."""


class NotCertified(ValueError):
    """There is no certificate for these weights, or it does not reach so far; the message says what to do."""


def kept_certificate(weights_sha256: str) -> str | None:
    """The text of the user's own certificate for these weights.

    The cache vouches for who wrote it, to this user alone: a note to oneself. What convinces others is `check`.
    """
    own = opened()
    kept = own.read("certificates", weights_sha256) if own else None
    return kept.decode(errors="replace") if kept is not None else None


def keep_certificate(weights_sha256: str, text: str) -> None:
    """Keeps a certificate, as JSON, for `kept_certificate`; without a cache nothing is kept."""
    if own := opened():
        own.write("certificates", weights_sha256, text.encode())


def sources_sha256(beginnings: tuple[str, ...] = BEGINNINGS) -> str:
    """Of what a certificate rests on besides the weights: the proofs, all that they import, and the libraries."""
    digest = hashlib.sha256(f"python {sys.version_info[:3]}".encode())
    for library in LIBRARIES:
        try:
            digest.update(f" {library} {version(library)}".encode())
        except PackageNotFoundError:
            digest.update(f" {library} missing".encode())
    for name, file in sorted(imported_by(*beginnings).items()):
        content = file.read_bytes()
        digest.update(f" {name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def imported_by(*beginnings: str) -> dict[str, Path]:
    """The project's modules that some modules import, directly or not, with themselves: file by name.

    An import counts wherever it stands, in a function as well. A package that is only on the way to a module counts
    itself, but not for what it imports in turn: that is for those who import the package.
    """
    found: dict[str, Path] = {}
    on_the_way: dict[str, Path] = {}
    waiting = [*beginnings]
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if name in found or file is None:
            continue
        found[name] = file
        parts = name.split(".")
        for package in (".".join(parts[:end]) for end in range(1, len(parts))):
            on_the_way[package] = ROOT.joinpath(*package.split("."), "__init__.py")
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
                waiting += [m for m in modules if _file_of(m)]
                waiting += [] if all(_file_of(m) for m in modules) else [node.module]
    return {**on_the_way, **found}


def _file_of(module: str) -> Path | None:
    """Of a module of the project; None for others, and for names in a module."""
    if module.split(".")[0] not in ROOMS:
        return None
    place = ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def certified_length(weights_sha256: str, dtype: str = "float64", engine: str = "dense") -> int:
    """The trace length, prompt included, up to which the theorem holds for every program in this data type.

    It is about the dense transformer. The indexed engine needs lemmas of its own besides, of which none may be open.

    Raises:
        NotCertified: no certificate, a damaged one, one of other weights or sources, one with an open lemma, or one
            that says nothing about this engine.
    """
    if engine not in ("dense", "indexed"):
        raise NotCertified(f"certificates do not cover the {engine} engine: use indexed or dense")
    problem = "have no certificate"
    try:
        certificate = from_json(kept_certificate(weights_sha256) or "")
        if certificate.weights_sha256 == weights_sha256 and certificate.proved and dtype in certificate.limits:
            if certificate.sources_sha256 != sources_sha256():
                problem = "have a certificate, but by other proofs or about another specification"
            elif engine == "indexed" and not certificate.covers_engine:
                problem = "have a certificate that does not cover the indexed engine"
            else:
                return certificate.limits[dtype].tokens
    except CertificateError:
        pass
    raise NotCertified(f"these weights ({weights_sha256[:12]}…) {problem}; `punchtape check` makes one")
