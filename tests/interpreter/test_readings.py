"""Every sort of prompt has a package that reads it, whole; what is missing would end a command in a traceback."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

import pytest

from compiler.machines.constructions import CONSTRUCTIONS
from interpreter.traces.reading import Reading


@pytest.mark.parametrize("package", sorted({construction.prompts for construction in CONSTRUCTIONS}))
def test_a_package_has_all_functions(package: str) -> None:
    wanted = {name for name in vars(Reading) if not name.startswith("_")} - set(vars(Protocol))
    assert len(wanted) == 5
    module = import_module(f"interpreter.traces.{package}")
    assert wanted <= set(dir(module)) and wanted <= set(module.__all__)
