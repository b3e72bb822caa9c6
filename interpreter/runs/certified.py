"""What a certificate allows: runs on weights about which every lemma is proved, up to the length it names.

Certificates are written by `punchtape check` (see `proofs_check`), as JSON, by the weights' SHA-256. One that other
sources made proves nothing: its proofs, or the specification that they are about, are not those that are here.
"""

from __future__ import annotations

import json
from pathlib import Path

from compiler.circuits.cache import cache_folder, sources_digest


class NotCertified(ValueError):
    """There is no certificate for these weights, or it does not reach so far; the message says what to do."""


def certificate_path(weights_sha256: str) -> Path:
    """Where the certificate of these weights is kept; it need not be there."""
    return cache_folder() / "certificates" / f"{weights_sha256}.json"


def sources_sha256() -> str:
    """Of what a certificate rests on besides the weights: the machines, the transformer and the proofs."""
    root = Path(__file__).parents[2]
    rooms = (root / "compiler" / "circuits", root / "compiler" / "machines", root / "proofs_check")
    return sources_digest(*rooms, root / "interpreter" / "model" / "transformer.py")


def certified_length(weights_sha256: str, dtype: str = "float64") -> int:
    """The trace length, prompt included, up to which the theorem holds for every program in this data type.

    Raises:
        NotCertified: no certificate, a damaged one, one of other weights or sources, or one with an open lemma.
    """
    problem = "have no certificate"
    try:
        certificate = json.loads(certificate_path(weights_sha256).read_text(encoding="utf-8"))
        if certificate["weights_sha256"] == weights_sha256 and certificate["proved"] is True:
            if certificate["sources_sha256"] == sources_sha256():
                return int(certificate["limits"][dtype]["tokens"])
            problem = "have a certificate, but by other proofs or about another specification"
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise NotCertified(f"these weights ({weights_sha256[:12]}…) {problem}; `punchtape check` makes one")
