"""Verification of a whole trace: is it what the transformer decodes?

What is here is imported when it is asked for: the workers of `chunks` need no PyTorch.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpreter.verification.verification import Mismatch as Mismatch
    from interpreter.verification.verification import NotVerifiable as NotVerifiable
    from interpreter.verification.verification import Verification as Verification
    from interpreter.verification.verification import verify as verify

__all__ = ["Mismatch", "NotVerifiable", "Verification", "verify"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from interpreter.verification import verification

    return getattr(verification, name)
