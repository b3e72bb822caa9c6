"""Lark's parsers, with less to do."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from lark import Lark
from lark.parse_tree_builder import ExpandSingleChild


def shorten(lark: Lark) -> None:
    """Lets rules such as `sum: term`, whose value is that of their one part, hand it on and do nothing else.

    A name in an expression passes thirteen of them, which takes a third of the time of parsing otherwise. Names of
    rules, which are looked up at each step, become plain text: Lark's tokens are compared by a function of Python.
    """
    callbacks: dict[Any, Any] = getattr(lark, "_callbacks", {})
    for rule, callback in callbacks.items():
        rule.origin.name = str(rule.origin.name)
        if isinstance(getattr(callback, "node_builder", None), ExpandSingleChild) and len(rule.expansion) == 1:
            callbacks[rule] = itemgetter(0)
