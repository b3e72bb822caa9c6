"""Lemmas and certificates about the weights. Start with `check`; README.md has the theorem and what it rests on."""

from interpreter.runs.certificate import Certificate, CertificateError, from_json
from proofs_check.check import check

__all__ = ["Certificate", "CertificateError", "check", "from_json"]
