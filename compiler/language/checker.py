"""From syntax tree to checked program."""

from __future__ import annotations

from compiler.language.assignment import maybe_unbound
from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.errors import refused
from compiler.language.inference import Inference
from compiler.language.kinds import NOTHING
from compiler.language.parser import parse
from compiler.language.refusals import Refusal, Report
from compiler.language.results import result_sizes
from compiler.language.scopes import Scopes, resolve_names
from compiler.language.syntax import Module, Name
from compiler.language.unification import MAX_LISTS, resolve, too_deep


def check(module: Module, assigned: bool = False) -> CheckedProgram:
    """Finds out what the names and the types of a program are; raises SourceError with all places where they clash.

    assigned: it is known, by tests, that no variable is read before it is assigned, and that is not looked for.
    """
    report = Report()
    checked = _check(module, assigned, report)
    if checked is None:
        raise refused(report.refusals, module.source, module.filename)
    return checked


def check_source(source: str, filename: str = "<program>") -> CheckedProgram:
    """Parses and checks; raises SourceError."""
    return check(parse(source, filename))


def _check(module: Module, assigned: bool, report: Report) -> CheckedProgram | None:
    """None if there is something in the report."""
    scopes = resolve_names(module, report)
    sizes = result_sizes({name: function.definition for name, function in scopes.functions.items()}, report)
    unbound = frozenset[Name]() if assigned else maybe_unbound(module, scopes, report)
    inference = Inference(scopes, sizes, report)
    inference.run(module.body)
    deep = [expression for expression, term in inference.terms.items() if term is not None and too_deep(term)]
    for expression in deep[:1]:
        report.add(Refusal(f"lists are nested more than {MAX_LISTS} deep", "use fewer levels", expression.span))
    if report.refusals:
        return None
    kinds = {expression: NOTHING if term is None else resolve(term) for expression, term in inference.terms.items()}
    module_kinds = {name: resolve(unknown) for name, unknown in inference.variables[None].items()}
    return CheckedProgram(module, kinds, _functions(scopes, inference), module_kinds, unbound)


def _functions(scopes: Scopes, inference: Inference) -> dict[str, FunctionInfo]:
    functions = {}
    for name, scope in scopes.functions.items():
        kinds = {identifier: resolve(unknown) for identifier, unknown in inference.variables[name].items()}
        functions[name] = FunctionInfo(
            definition=scope.definition,
            parameters={parameter: kinds[parameter] for parameter in scope.parameters},
            result=resolve(inference.results[name]) if name in inference.results else NOTHING,
            locals={local: kinds[local] for local in scope.locals},
            globals_used=scope.globals_used,
            recursive=scopes.recursive(name),
        )
    return functions
