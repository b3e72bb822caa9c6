"""The public face: every name is there, its examples run, and it costs nothing until it is used."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import punchtape

MODULES = ("punchtape", "punchtape.formats", "punchtape.stages", "punchtape.strategies", "punchtape.testing")


@pytest.mark.parametrize("name", punchtape.__all__)
def test_names_are_there(name: str) -> None:
    assert getattr(punchtape, name) is not None
    assert name in dir(punchtape)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="compile_programme"):
        punchtape.compile_programme  # noqa: B018


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 0 and failed == 0


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, punchtape; print([m for m in ('torch', 'lark', 'z3', 'hypothesis') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_typed() -> None:
    """A type checker sees the names that `__getattr__` gives: they are imported under TYPE_CHECKING as well."""
    source = Path(punchtape.__file__).read_text(encoding="utf-8")
    missing = [name for name in punchtape.__all__ if f" as {name}\n" not in source and f'"{name}"' in source]
    assert [name for name in missing if name not in ("formats", "stages", "strategies", "testing")] == []
    assert Path(punchtape.__file__).with_name("py.typed").is_file()


@pytest.mark.parametrize("option", [{"options": {"tape": "yes"}}, {"construction": "ptm"}])
def test_the_language_has_no_options(option: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        punchtape.compile_text("print(1)", **option)  # type: ignore[arg-type]


def test_strategies_without_hypothesis() -> None:
    """One line that says what to install, not a traceback of somebody else's module."""
    code = "import sys; sys.modules['hypothesis'] = None\nimport punchtape.strategies"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: strategies need Hypothesis: pip install 'punchtape[test]', "
        "or in a checkout: pip install -e '.[test]'"
    )
