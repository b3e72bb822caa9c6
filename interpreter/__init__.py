"""The transformer at work: `run` decodes a prompt on an engine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpreter.runs.running import Run, run

__all__ = ["Run", "how_to_install", "run"]


def how_to_install(extra: str) -> str:
    """What to type to get the packages of an extra of `pyproject.toml`."""
    return f"pip install 'punchtape[{extra}]', or in a checkout: pip install -e '.[{extra}]'"


def __getattr__(name: str) -> Any:
    # Imported when asked for, so that importing one module of this package does not load all of them.
    if name == "run" or name == "Run":
        import interpreter.runs.running

        return getattr(interpreter.runs.running, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
