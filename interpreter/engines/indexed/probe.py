"""Open addressing with linear probing, as code: rows of whole keys and values, an empty row begins with 0.

A coordinate is stored as the bit pattern of `MAGIC + coordinate`, which is never 0.
"""

from __future__ import annotations

import hashlib

from interpreter.engines.indexed.code import Code


def probe(code: Code, rows: str, shift: str, mask: str, log_row: int, bits: list[str], found: str, missing: str) -> str:
    """Jumps to `found` or `missing`; returns the name of the pointer to the row found, or to the empty row.

    At most half of the rows are in use (see `Table.LIMIT`), so the search ends.
    """
    start, search, other = code.new("start"), code.new("search"), code.new("other")
    home = code.emit(f"lshr i64 {_hash(code, bits)}, {shift}")
    code.jump(start)
    code.block(start)
    code.jump(search)
    code.block(search)
    following = "%" + code.new("following")
    number = code.emit(f"phi i64 [ {home}, %{start} ], [ {following}, %{other} ]")
    row = code.emit(f"getelementptr inbounds i64, ptr {rows}, i64 {code.emit(f'shl i64 {number}, {log_row}')}")
    stored = [code.load("i64", row, i) for i in range(len(bits))]
    differences = [code.emit(f"xor i64 {s}, {b}") for s, b in zip(stored, bits)]
    difference = differences[0]
    for d in differences[1:]:
        difference = code.emit(f"or i64 {difference}, {d}")
    unequal = code.new("unequal")
    code.branch(code.emit(f"icmp eq i64 {difference}, 0"), found, unequal)
    code.block(unequal)
    code.branch(code.emit(f"icmp eq i64 {stored[0]}, 0"), missing, other)
    code.block(other)
    code.do(f"{following} = and i64 {code.emit(f'add i64 {number}, 1')}, {mask}")
    code.jump(search)
    return row


def _hash(code: Code, bits: list[str]) -> str:
    """64 bits, of which the highest are well mixed: a sum of products with fixed odd numbers."""
    total = ""
    for i, b in enumerate(bits):
        factor = int.from_bytes(hashlib.sha256(f"coordinate {i}".encode()).digest()[:8], "little") | 1
        product = code.emit(f"mul i64 {b}, {factor - 2**64 if factor >= 2**63 else factor}")
        total = code.emit(f"add i64 {total}, {product}") if total else product
    return total


def rehash_function(name: str, coordinates: int, log_row: int) -> str:
    """A function that copies the rows in use of a table, `old` to `old + size` words, into an empty one."""
    code = Code()
    words = 1 << log_row
    code.block("next")
    offset = code.emit("phi i64 [ 0, %entry ], [ %following, %skip ]")
    row = code.emit(f"getelementptr inbounds i64, ptr %old, i64 {offset}")
    bits = [code.load("i64", row, i) for i in range(coordinates)]
    code.branch(code.emit(f"icmp eq i64 {bits[0]}, 0"), "skip", "copy")
    code.block("copy")
    target = probe(code, "%new", "%shift", "%mask", log_row, bits, "skip", "fill")
    code.block("fill")
    for i in range(words):
        code.store("i64", code.load("i64", row, i), target, i)
    code.jump("skip")
    code.block("skip")
    code.do(f"%following = add i64 {offset}, {words}")
    code.branch(code.emit("icmp slt i64 %following, %size"), "next", "done")
    return "\n".join([
        f"define void @{name}(ptr noalias %old, i64 %size, ptr noalias %new, i64 %shift, i64 %mask) {{",
        "entry:", "  br label %next", *code.lines, "done:", "  ret void", "}",
    ])  # fmt: skip
