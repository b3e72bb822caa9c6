"""Batch verification: is a given trace what the transformer decodes? All positions at once, on CPU or GPU."""

from interpreter.verification.verification import Mismatch, NotVerifiable, Verification, verify

__all__ = ["Mismatch", "NotVerifiable", "Verification", "verify"]
