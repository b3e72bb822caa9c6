"""The command `punchtape`: `main` is the group of its `commands`. This room alone prints and ends the process."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpreter.command_line.group import main

__all__ = ["main"]


def __getattr__(name: str) -> Any:
    # Imported when asked for, so that importing one module of this package does not load all commands.
    if name == "main":
        import interpreter.command_line.group

        return interpreter.command_line.group.main
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
