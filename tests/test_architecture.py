"""The rules of the house that a reader relies on: which room imports which, and nothing hidden in a module."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "compiler.storage": set(),
    "compiler.language": {"compiler.storage"},
    "compiler.circuits": {"compiler.storage"},
    "compiler.machines": {"compiler.circuits"},
    "compiler.lowering": {"compiler.language", "compiler.machines"},
    "compiler.front_ends": {"compiler.language", "compiler.lowering", "compiler.machines"},
    "compiler.specialising": {"compiler.circuits", "compiler.machines"},
    "compiler": {
        "compiler.storage",
        "compiler.language",
        "compiler.lowering",
        "compiler.front_ends",
        "compiler.circuits",
        "compiler.machines",
        "compiler.specialising",
    },
    "interpreter": {"compiler"},
    "proofs_check": {"compiler", "interpreter"},
    "punchtape": {"compiler", "interpreter", "proofs_check"},
    "benchmarks": {"compiler", "interpreter", "proofs_check", "tests"},
    "docs": {"compiler", "interpreter", "proofs_check", "benchmarks"},
    "tests": {"compiler", "interpreter", "proofs_check", "punchtape", "benchmarks", "docs"},
}
"""Rooms of the project and the rooms that they may import, besides themselves; rooms in rooms count as theirs."""

COMMANDS = ("interpreter.command_line", "proofs_check.command")
"""What alone prints and ends the process, with the modules that are programs: `python -m …`."""

DISTRIBUTION_OF = {"transformer_lens": "transformer-lens", "z3": "z3-solver"}
"""Distributions that are not named like the module that is imported from them."""


def sources() -> list[Path]:
    """The project's Python files, but for programs of the language."""
    rooms = {name.split(".")[0] for name in MAY_IMPORT}
    files = (path for room in rooms for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in files if path.parent != ROOT / "benchmarks" / "sources")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    """The innermost room in the table that a module belongs to; None for a module from elsewhere."""
    rooms = [room for room in MAY_IMPORT if module == room or module.startswith(room + ".")]
    return max(rooms, key=len, default=None)


@cache
def imports(path: Path) -> list[tuple[int, str]]:
    """The line and the full name of every module that a file imports, anywhere in it."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import; write the whole name"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                is_module = (ROOT / Path(*inner.split("."))).exists() or inner in MAY_IMPORT
                found.append((node.lineno, inner if is_module else module))
    return found


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_arrows_go_one_way() -> None:
    wrong = []
    for path in sources():
        room = room_of(module_name(path))
        assert room is not None
        for line, module in imports(path):
            other = room_of(module)
            allowed = {room} | MAY_IMPORT[room]
            if other is not None and not any(other == a or other.startswith(a + ".") for a in allowed):
                wrong.append(f"{where(path, line)}: {room} imports {module}")
    assert wrong == []


def imported(path: Path, modules: set[str]) -> set[str]:
    """The project's modules that a file imports when it runs, in functions too, but those for type checkers only."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"), str(path))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(name if name in modules else node.module or "" for name in inner)
        waiting += ast.iter_child_nodes(node)
    return found & modules


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import one another, directly or not: what is left when all that have an order are taken away."""
    left = dict(graph)
    while True:
        imported = set().union(*left.values()) if left else set()
        ends = {m for m, needs in left.items() if not needs & left.keys() or m not in imported}
        if not ends:
            return [sorted(left)] if left else []
        left = {m: needs - ends for m, needs in left.items() if m not in ends}


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == [["b", "c"]]


def test_files_do_not_import_in_circles() -> None:
    by_name = {module_name(path): path for path in sources()}
    graph = {name: imported(path, set(by_name)) - {name} for name, path in by_name.items()}
    assert circles(graph) == []


def declared_dependencies() -> tuple[set[str], set[str]]:
    """What the package needs, that of its parts that are extras with it; and what its developers need besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^\w-]", requirement)[0] for requirement in requirements} - {project["name"]}

    parts = ("test", "proofs", "experiments", "export", "lens", "campaign")
    needed = names(project["dependencies"]).union(*(names(extras[part]) for part in parts))
    return needed, names(extras["dev"])


def outside_imports() -> Iterator[tuple[str, str, str]]:
    """The place, the room and the distribution of every import of what is neither Python's nor the project's."""
    for path in sources():
        for line, module in imports(path):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names and room_of(module) is None:
                yield where(path, line), room_of(module_name(path)) or "", DISTRIBUTION_OF.get(top, top)


def test_imported_packages_are_declared() -> None:
    needed, for_developers = declared_dependencies()
    wrong = []
    for place, room, distribution in outside_imports():
        declared = needed | for_developers if room in ("tests", "benchmarks", "docs") else needed
        if distribution not in declared:
            wrong.append(f"{place}: {distribution} is not in pyproject.toml")
    assert wrong == []


def test_declared_packages_are_imported() -> None:
    assert declared_dependencies()[0] - {distribution for _, _, distribution in outside_imports()} == set()


def test_declared_packages_are_pinned() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0] for line in text.splitlines() if "==" in line and not line.startswith("#")}
    assert set().union(*declared_dependencies()) - pinned == set()


RUN_PYTHON = {
    "interpreter/simulators/cpython.py",
    "interpreter/campaign/programs.py",
    "interpreter/runs/certified.py",
}
"""What calls CPython's own parser: the judge of all programs, with the names of what a case has, and what reads the
imports of the project's own files."""


def test_programs_are_parsed_by_lark() -> None:
    """CPython neither parses, compiles nor evaluates any program but where it is the judge."""
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name in RUN_PYTHON or name.split("/")[0] in ("tests", "benchmarks"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            match node:
                case ast.Call(func=ast.Name(id="eval" | "exec" | "compile" as called)):
                    wrong.append(f"{where(path, node.lineno)}: {called}")
                case ast.Attribute(value=ast.Name(id="ast"), attr="parse" | "literal_eval" as called):
                    wrong.append(f"{where(path, node.lineno)}: ast.{called}")
    assert wrong == []


def test_no_pickles() -> None:
    wrong = [
        where(path, line)
        for path in sources()
        for line, module in imports(path)
        if module.split(".")[0] in ("pickle", "shelve", "marshal", "joblib", "dill")
    ]
    assert wrong == []


def effects_on_the_process(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the name of what a file uses to print, to show a progress bar, or to end the process."""
    names = {"print", "SystemExit", "Console", "sys.exit", "os._exit", "sys.stdout", "sys.stderr", "click.echo"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in names:
            yield node.lineno, ast.unparse(node)


def is_program(path: Path) -> bool:
    """Whether it is run by `python -m`."""
    return path.stem == "__main__" or 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")


def test_effects_are_found(tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text("import sys\nprint(1)\ndef f():\n    sys.exit(self.print)\n    raise SystemExit\n")
    assert sorted(effects_on_the_process(source)) == [(2, "print"), (4, "sys.exit"), (5, "SystemExit")]


def test_the_command_line_alone_prints_and_exits() -> None:
    wrong = [
        f"{where(path, line)}: {name}"
        for path in sources()
        for line, name in effects_on_the_process(path)
        if path.relative_to(ROOT).parts[0] in ("compiler", "interpreter", "proofs_check", "punchtape")
        and not module_name(path).startswith(COMMANDS)
        and not is_program(path)
    ]
    assert wrong == []


def test_modules_hold_no_state() -> None:
    """Module-level lists, dictionaries and sets are constants, named in capitals; and nothing is `global`."""
    displays = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    wrong = []
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        wrong += [f"{where(path, n.lineno)}: global" for n in ast.walk(tree) if isinstance(n, ast.Global)]
        for statement in tree.body:
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, displays):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if any(name != name.upper() and not re.fullmatch(r"__\w+__", name) for name in names):
                wrong.append(f"{where(path, statement.lineno)}: {', '.join(names)} is module-level state")
    assert wrong == []


@pytest.mark.parametrize("path", sorted((ROOT / "programs").glob("*.py")), ids=lambda path: path.stem)
def test_example_programs_import_only_what_the_language_has(path: Path) -> None:
    library = {file.stem for file in (ROOT / "compiler/lowering/library/modules").glob("*.txt")}
    assert {module for _, module in imports(path)} <= library


def test_no_paths_of_one_machine() -> None:
    """No file that git tracks names a directory that only its author has."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    private = re.compile(r"(?<![\w.])/(?:home|Users|root|work|opt|tmp)/\w")
    wrong = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if private.search(line):
                wrong.append(f"{where(path, number)}: {line.strip()}")
    assert wrong == []
