"""Code that looks things up: rows of tables by token, and the hash tables of match scans by key.

A hash table has open addressing with linear probing; its rows are keys and values as float64, and an empty row begins
with a NaN, which is no key. At most half of the rows are in use, so that every search ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interpreter.verification.compiled.graph import MatchScan
from interpreter.verification.compiled.layout import TableLayout
from interpreter.verification.compiled.vectors import LANES, MAGIC, VECTOR, Code, literal, splat

ADDRESS, SHIFT, MASK, COUNT, LIMIT = range(5)
"""Words that describe a table: its address, 64 - log2(rows), rows - 1, rows in use, and how many are to be at most."""
DESCRIPTION = 5
NAN = literal(float("nan"))


def gather(code: Code, pointers: list[str], width: int) -> list[str]:
    """Vectors of the numbers that eight rows begin with, `width` of them, which must be in rows of whole vectors."""
    columns: list[str] = []
    for first in range(0, width, LANES):
        columns += code.transposed([code.load(VECTOR, pointer, first) for pointer in pointers])
    return columns[:width]


def _factor(number: int) -> int:
    """The odd number by which coordinate `number` is multiplied, as a signed one."""
    return (0x9E3779B97F4A7C15 * (2 * number + 1) + 2**63) % 2**64 - 2**63


def hashed(code: Code, coordinates: list[str]) -> str:
    """A vector of 64-bit hashes, of which the highest bits are well mixed where the coordinates are integers."""
    total = ""
    for number, coordinate in enumerate(coordinates):
        bits = code.emit(f"bitcast {VECTOR} {code.of('fadd', coordinate, splat(MAGIC))} to <{LANES} x i64>")
        factors = ", ".join([f"i64 {_factor(number)}"] * LANES)
        product = code.emit(f"mul <{LANES} x i64> {bits}, <{factors}>")
        total = code.emit(f"add <{LANES} x i64> {total}, {product}") if total else product
    return total


@dataclass(frozen=True)
class MatchArea:
    """Where `match_function` reads vectors: hash and key of the position, its values; hash and key of each query.

    A key or query that begins with a NaN is none. What is found is written to another area, query by query.
    """

    scan: MatchScan
    asks: bool

    @property
    def keys(self) -> int:
        """Coordinates of a key."""
        return len(self.scan.keys)

    @property
    def own(self) -> int:
        """Vectors of the position itself."""
        return 1 + self.keys + len(self.scan.values)

    def query(self, number: int) -> int:
        """The first vector of query `number`."""
        return self.own + number * (1 + self.keys)

    @property
    def size(self) -> int:
        """Vectors that a position takes."""
        return self.query(len(self.scan.queries) if self.asks else 0)


def match_function(name: str, area: MatchArea, table: TableLayout) -> str:
    """`name(table, default, area, found)`, position by position: enters the key, then looks the queries up.

    table: five words, see above; default: the values where nothing is found.
    """
    code = Code()
    scan = area.scan
    code.block("each")
    code.do("%lane = phi i64 [ 0, %entry ], [ %following, %latch ]")
    here = code.at("%area", "%lane")
    key = [code.load("double", here, LANES * (1 + i)) for i in range(area.keys)]
    code.branch(code.emit(f"fcmp ord double {key[0]}, {key[0]}"), "enter", "entered")
    code.block("enter")
    row = _probe(code, code.load("i64", here), key, table, "write", "new")
    _enter_key(code, row, key)
    code.block("write")
    for i in range(len(scan.values)):
        code.store("double", code.load("double", here, LANES * (1 + area.keys + i)), row, area.keys + i)
    code.do("br label %entered")
    code.block("entered")
    output = 0
    for number, query in enumerate(scan.queries if area.asks else ()):
        first = area.query(number)
        asked = [code.load("double", here, LANES * (first + 1 + i)) for i in range(area.keys)]
        hit, miss, found = code.new("hit"), code.new("miss"), code.new("found")
        row = _probe(code, code.load("i64", here, LANES * first), asked, table, hit, miss)
        code.block(hit)
        values = code.at(row, area.keys)
        code.do(f"br label %{found}")
        code.block(miss)
        asks = code.emit(f"fcmp ord double {asked[0]}, {asked[0]}")
        otherwise = code.emit(f"select i1 {asks}, ptr %default, ptr @unknown")
        code.do(f"br label %{found}")
        code.block(found)
        place = code.emit(f"phi ptr [ {values}, %{hit} ], [ {otherwise}, %{miss} ]")
        there = code.at("%found", "%lane")
        for value in query.outputs:
            code.store("double", code.load("double", place, value), there, LANES * output)
            output += 1
    code.do("br label %latch")
    code.block("latch")
    code.do("%following = add i64 %lane, 1")
    code.branch(code.emit(f"icmp eq i64 %following, {LANES}"), "done", "each")
    arguments = "ptr noalias %table, ptr noalias %default, ptr noalias %area, ptr noalias %found"
    return "\n".join([
        f"define internal void @{name}({arguments}) {{", "entry:", "  br label %each",
        *code.lines, "done:", "  ret void", "}",
    ])  # fmt: skip


def _enter_key(code: Code, row: str, key: Sequence[str]) -> None:
    """The block `new`: an empty row of `%table` gets this key, and goes on to the block `write`."""
    code.block("new")
    for i, coordinate in enumerate(key):
        code.store("double", coordinate, row, i)
    code.store("i64", code.emit(f"add i64 {code.load('i64', '%table', COUNT)}, 1"), "%table", COUNT)
    code.do("br label %write")


def insert_function(name: str, table: TableLayout) -> str:
    """`name(table, rows, number)`: enters rows of keys and values, a later one in the place of an earlier."""
    code = Code()
    code.block("next")
    code.do("%number = phi i64 [ 0, %entry ], [ %following, %write ]")
    here = code.at("%rows", code.emit(f"mul i64 %number, {table.keys + table.values}"))
    key = [code.load("double", here, i) for i in range(table.keys)]
    total = ""
    for i, coordinate in enumerate(key):
        bits = code.emit(f"bitcast double {code.emit(f'fadd double {coordinate}, {literal(MAGIC)}')} to i64")
        product = code.emit(f"mul i64 {bits}, {_factor(i)}")
        total = code.emit(f"add i64 {total}, {product}") if total else product
    row = _probe(code, total, key, table, "write", "new")
    _enter_key(code, row, key)
    code.block("write")
    for i in range(table.values):
        code.store("double", code.load("double", here, table.keys + i), row, table.keys + i)
    code.do("%following = add i64 %number, 1")
    code.branch(code.emit("icmp eq i64 %following, %size"), "done", "next")
    return "\n".join([
        f"define void @{name}(ptr noalias %table, ptr noalias %rows, i64 %size) {{",
        "entry:", "  br label %next", *code.lines, "done:", "  ret void", "}",
    ])  # fmt: skip


def _probe(code: Code, hash_: str, key: list[str], table: TableLayout, found: str, missing: str) -> str:
    """Jumps to `found` or `missing`; returns the name of the pointer to the row found, or to an empty one."""
    start, search, other = code.new("start"), code.new("search"), code.new("other")
    rows = code.load("ptr", "%table", ADDRESS)
    mask = code.load("i64", "%table", MASK)
    home = code.emit(f"lshr i64 {hash_}, {code.load('i64', '%table', SHIFT)}")
    code.do(f"br label %{start}")
    code.block(start)
    code.do(f"br label %{search}")
    code.block(search)
    following = "%" + code.new("following")
    number = code.emit(f"phi i64 [ {home}, %{start} ], [ {following}, %{other} ]")
    row = code.at(rows, code.emit(f"shl i64 {number}, {table.log_row}"))
    stored = [code.load("double", row, i) for i in range(len(key))]
    same = code.emit(f"fcmp oeq double {stored[0]}, {key[0]}")
    for s, k in zip(stored[1:], key[1:]):
        same = code.emit(f"and i1 {same}, {code.emit(f'fcmp oeq double {s}, {k}')}")
    different = code.new("different")
    code.branch(same, found, different)
    code.block(different)
    code.branch(code.emit(f"fcmp uno double {stored[0]}, {stored[0]}"), missing, other)
    code.block(other)
    code.do(f"{following} = and i64 {code.emit(f'add i64 {number}, 1')}, {mask}")
    code.do(f"br label %{search}")
    return row
