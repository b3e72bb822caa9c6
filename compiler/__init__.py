"""The compiler: `compile_program` makes a prompt of a program; `compiler.circuits` makes a transformer of a machine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.compiling import compile_program

__all__ = ["compile_program"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the engines need the machine without the language.
    if name == "compile_program":
        from compiler.compiling import compile_program

        return compile_program
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
