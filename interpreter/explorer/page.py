"""The page: its parts in `assets`, joined into one HTML file that loads nothing."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files

from interpreter.explorer.payload import packed
from interpreter.explorer.weights import Plain

MODULES = (
    *("engine", "window", "data", "words", "dom"),
    *("ribbon", "why", "program", "strip", "keys", "search", "circuit", "whatif", "spacetime", "print"),
    "main",
)
"""The ES modules of the page, each after those that it imports; in the page they are one."""

_IMPORT = re.compile(r"^import (\{[^}]*\}) from \"\./(\w+)\.js\";$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async function|class|const|function) (\w+)", re.MULTILINE)


def page(payload: Plain) -> str:
    """The HTML of a payload (see `payload.payload_of`)."""
    return (
        _asset("page.html")
        .replace("{{title}}", escape(str(payload["title"])))
        .replace("{{style}}", _asset("style.css"))
        .replace("{{script}}", script())
        .replace("{{payload}}", packed(payload))
    )


def script() -> str:
    """All modules as one script: each is a function with names of its own, which gives its exports to the rest."""
    parts = ["const modules = {};"]
    for name in MODULES:
        text = _asset(f"{name}.js")
        body = _IMPORT.sub(r"const \1 = modules.\2;", text)
        exports = ", ".join(_EXPORT.findall(text))
        body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
        parts.append(f"modules.{name} = await (async () => {{\n{body}return {{ {exports} }};\n}})();")
    return "\n".join(parts)


def _asset(name: str) -> str:
    return (files("interpreter.explorer") / "assets" / name).read_text(encoding="utf-8")
