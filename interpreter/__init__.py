"""The transformer at work: `run` decodes a prompt on an engine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpreter.runs.running import Run, run

__all__ = ["Run", "run"]


def __getattr__(name: str) -> Any:
    # Imported when asked for, so that importing one module of this package does not load all of them.
    if name == "run" or name == "Run":
        import interpreter.runs.running

        return getattr(interpreter.runs.running, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
