"""Lark's parsers, with tables that are kept between runs.

To make the tables of Python's grammar takes longer than to parse most programs. They follow from the rules, their start
symbols and Lark itself: other rules are another entry.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import lark
import msgspec
from lark.common import ParserConf
from lark.grammar import Rule
from lark.parsers.lalr_analysis import IntParseTable, ParseTableBase, Reduce, Shift
from lark.parsers.lalr_parser import LALR_Parser, _Parser

from compiler.storage.cache import kept, sources_digest


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    """A table as it is written, in JSON.

    Attributes:
        states: for each state, by symbol: the number of the state that a shift leads to, or -1 - k where rule k is
            reduced.
        starts: the first state, by start symbol.
        ends: the last state, by start symbol.
    """

    states: list[dict[str, int]]
    starts: dict[str, int]
    ends: dict[str, int]


class KeptParser(LALR_Parser):
    """The parser of a grammar, for Lark's option `_plugins`; its table comes from the cache if it is there."""

    def __init__(self, parser_conf: ParserConf, debug: bool = False, strict: bool = False) -> None:
        def make() -> ParseTableBase[Any]:
            return LALR_Parser(parser_conf, debug, strict)._parse_table

        rules = parser_conf.rules
        read, written = partial(_table, rules), partial(_written, rules)
        table = kept("parsing", _depends_on(parser_conf), make, written, read)
        self._parse_table = table
        self.parser_conf = parser_conf
        self.parser = _Parser(table, parser_conf.callbacks, debug)


def keeping_tables() -> dict[Literal["_plugins"], Any]:
    """The option of `Lark` that makes its parser a `KeptParser`."""
    return {"_plugins": {"LALR_Parser": KeptParser}}


def _depends_on(conf: ParserConf) -> tuple[object, ...]:
    """Lark, the start symbols, the rules in their order, and how a table is written."""
    rules = [
        (str(rule.origin.name), [(s.is_term, str(s.name)) for s in rule.expansion], rule.options.priority)
        for rule in conf.rules
    ]
    return lark.__version__, conf.start, rules, sources_digest(Path(__file__))


def _written(rules: list[Rule], table: ParseTableBase[Any]) -> bytes:
    """table: as Lark makes it, of these rules."""
    numbers = {rule: number for number, rule in enumerate(rules)}
    states = [
        {str(symbol): -1 - numbers[to] if action is Reduce else to for symbol, (action, to) in actions.items()}
        for _, actions in sorted(table.states.items())
    ]
    return msgspec.json.encode(_Kept(states, table.start_states, table.end_states))


def _table(rules: list[Rule], content: bytes) -> ParseTableBase[Any] | None:
    """The table that was written; None if the content is not of that shape, or is about other rules."""
    try:
        table = msgspec.json.decode(content, type=_Kept)
    except msgspec.DecodeError:
        return None
    shifts = [(Shift, state) for state in range(len(table.states))]
    actions = [*shifts, *((Reduce, rule) for rule in reversed(rules))]  # so that number -1 - k reduces by rule k
    numbers = {number for state in table.states for number in state.values()}
    ends = {*table.starts.values(), *table.ends.values()}
    if not numbers <= {*range(-len(rules), len(shifts))} or not ends <= {*range(len(shifts))}:
        return None
    states = {number: {symbol: actions[n] for symbol, n in state.items()} for number, state in enumerate(table.states)}
    return IntParseTable(states, table.starts, table.ends)  # type: ignore[no-untyped-call]
