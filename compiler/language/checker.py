"""From syntax tree to checked program."""

from __future__ import annotations

from compiler.language.assignment import maybe_unbound
from compiler.language.checked import CheckedProgram, FunctionInfo
from compiler.language.errors import source_error
from compiler.language.inference import Inference
from compiler.language.kinds import NOTHING
from compiler.language.parser import parse
from compiler.language.refusals import Refusal
from compiler.language.results import result_sizes
from compiler.language.scopes import Scopes, resolve_names
from compiler.language.syntax import Module, Name
from compiler.language.unification import MAX_LISTS, resolve, too_deep


def check(module: Module, assigned: bool = False) -> CheckedProgram:
    """Finds out what the names and the kinds of a program are; raises SourceError where they clash.

    assigned: it is known, by tests, that no variable is read before it is assigned, and that is not looked for.
    """
    try:
        return _check(module, assigned)
    except Refusal as refusal:
        raise source_error(refusal.message, refusal.hint, module.source, module.filename, refusal.span) from None


def check_source(source: str, filename: str = "<program>") -> CheckedProgram:
    """Parses and checks; raises SourceError."""
    return check(parse(source, filename))


def _check(module: Module, assigned: bool) -> CheckedProgram:
    scopes = resolve_names(module)
    sizes = result_sizes({name: function.definition for name, function in scopes.functions.items()})
    unbound = frozenset[Name]() if assigned else maybe_unbound(module, scopes)
    inference = Inference(scopes, sizes)
    inference.run(module.body)
    for expression, term in inference.terms.items():
        if term is not None and too_deep(term):
            raise Refusal(f"lists are nested more than {MAX_LISTS} deep", "use fewer levels", expression.span)
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
