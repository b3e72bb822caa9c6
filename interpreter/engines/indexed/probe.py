"""Open addressing with linear probing, as code: rows of whole keys and values, an empty row begins with 0.

A coordinate is stored as the bit pattern of `MAGIC + coordinate`, which is never 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import llvmlite.ir as ir

from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.values import POINTER, WORD, word


@dataclass(frozen=True)
class Rows:
    """A table as the code sees it.

    Attributes:
        pointer: to the first row.
        shift, mask: what makes the number of a row of a hash.
        log_row: a row has 2**log_row words.
    """

    pointer: ir.Value
    shift: ir.Value
    mask: ir.Value
    log_row: int


def probe(code: Code, rows: Rows, bits: Sequence[ir.Value], found: ir.Block, missing: ir.Block) -> ir.Value:
    """Jumps to `found` or `missing`; returns the pointer to the row found, or to the empty row.

    At most half of the rows are in use (see `Table.LIMIT`), so the search ends.
    """
    b = code.b
    start, search, unequal, other = (code.label(name) for name in ("start", "search", "unequal", "other"))
    home = b.lshr(hashed(code, bits), rows.shift)
    b.branch(start)
    code.begin(start)
    b.branch(search)
    code.begin(search)
    number = b.phi(WORD)
    row = code.element(rows.pointer, b.shl(number, word(rows.log_row)))
    stored = [code.load(WORD, row, i) for i in range(len(bits))]
    differences = [b.xor(s, bit) for s, bit in zip(stored, bits)]
    difference = differences[0]
    for d in differences[1:]:
        difference = b.or_(difference, d)
    code.branch(b.icmp_signed("==", difference, word(0)), found, unequal)
    code.begin(unequal)
    code.branch(b.icmp_signed("==", stored[0], word(0)), missing, other)
    code.begin(other)
    following = b.and_(b.add(number, word(1)), rows.mask)
    b.branch(search)
    number.add_incoming(home, start)
    number.add_incoming(following, other)
    return row


def hashed(code: Code, bits: Sequence[ir.Value]) -> ir.Value:
    """64 bits, of which the highest are well mixed: a sum of products with fixed odd numbers."""
    total = None
    for i, bit in enumerate(bits):
        product = code.b.mul(bit, word(signed(factor(i))))
        total = product if total is None else code.b.add(total, product)
    return total


@cache
def factor(i: int) -> int:
    """The number by which coordinate i is multiplied."""
    return int.from_bytes(hashlib.sha256(f"coordinate {i}".encode()).digest()[:8], "little") | 1


def signed(x: int) -> int:
    """64 bits as LLVM writes them."""
    return x - 2**64 if x >= 2**63 else x


def hash_of(bits: Sequence[int]) -> int:
    """The same of a key that is known."""
    return sum(bit * factor(i) for i, bit in enumerate(bits)) % 2**64


def rehash_function(module: ir.Module, name: str, coordinates: int, log_row: int) -> None:
    """A function that copies the rows in use of a table, `old` to `old + size` words, into an empty one."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER, WORD, POINTER, WORD, WORD]), name)
    old, size, new, shift, mask = function.args
    old.add_attribute("noalias")
    new.add_attribute("noalias")
    code = Code(function)
    b, words = code.b, 1 << log_row
    entry, following, copy, fill, skip, done = map(code.label, ("entry", "next", "copy", "fill", "skip", "done"))
    code.begin(entry)
    b.branch(following)
    code.begin(following)
    offset = b.phi(WORD)
    row = code.element(old, offset)
    bits = [code.load(WORD, row, i) for i in range(coordinates)]
    code.branch(b.icmp_signed("==", bits[0], word(0)), skip, copy)
    code.begin(copy)
    target = probe(code, Rows(new, shift, mask, log_row), bits, skip, fill)
    code.begin(fill)
    for i in range(words):
        code.store(code.load(WORD, row, i), target, i)
    b.branch(skip)
    code.begin(skip)
    offset_after = b.add(offset, word(words))
    code.branch(b.icmp_signed("<", offset_after, size), following, done)
    offset.add_incoming(word(0), entry)
    offset.add_incoming(offset_after, skip)
    code.begin(done)
    b.ret_void()
