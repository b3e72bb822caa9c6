"""The functions that the code of all fragments calls: looking a row up, writing the state, copying tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import llvmlite.ir as ir

from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.memory import WINDOW, Table
from interpreter.engines.indexed.probe import Rows, hashed, probe
from interpreter.engines.indexed.values import MAGIC, POINTER, WORD, pattern, word
from interpreter.engines.specialised.policy import Shared
from interpreter.engines.specialised.values import real

RARE_CALL = "preserve_allcc"
"""Of functions that are called rarely: they keep what is in registers, so that the caller need not save anything."""

Entries = tuple[tuple[int, int, float], ...]
"""(word of the state, place in the scratch memory or -1, else the number that is written)."""


def finders(tables: Sequence[Table]) -> str:
    """For each table `find`, from a key to the address of the values of its row, or null; `enter` makes the row.

    The first row that it may be is looked at where the caller is, so that what is known of the key and what another
    table with this key has computed is not computed again. The others are `search`ed.
    """
    module = ir.Module("finders")
    module.triple = ""
    for i, table in enumerate(tables):
        _enter(module, f"enter{i}", table)
        _find(module, f"find{i}", table, _search(module, f"search{i}", table))
    return _text(module)


def _function(module: ir.Module, name: str, table: Table) -> tuple[Code, Rows, Sequence[ir.Value]]:
    """A function of the words and a key, at the beginning of its code; the table, and the key."""
    function = ir.Function(module, ir.FunctionType(POINTER, [POINTER, *[WORD] * table.coordinates]), name)
    function.linkage = "internal"
    words, *bits = function.args
    for attribute in ("noalias", "captures(none)"):
        words.add_attribute(attribute)
    code = Code(function)
    code.begin(code.label("entry"))
    rows = Rows(
        code.pointer(words, table.word + Table.ADDRESS),
        code.load(WORD, words, table.word + Table.SHIFT),
        code.load(WORD, words, table.word + Table.MASK),
        table.log_row,
    )
    return code, rows, bits


def _find(module: ir.Module, name: str, table: Table, search: ir.Function) -> None:
    code, rows, bits = _function(module, name, table)
    code.function.attributes.add("alwaysinline")
    found, unequal, missing, other = map(code.label, ("found", "unequal", "missing", "other"))
    home = code.b.lshr(hashed(code, bits), rows.shift)
    row = code.element(rows.pointer, code.b.shl(home, word(rows.log_row)))
    stored = [code.load(WORD, row, k) for k in range(len(bits))]
    difference = reduce(code.b.or_, map(code.b.xor, stored, bits))
    code.branch(code.b.icmp_signed("!=", difference, word(0)), unequal, found, unlikely=True)
    code.begin(found)
    code.b.ret(code.at(row, table.coordinates))
    code.begin(unequal)
    code.branch(code.b.icmp_signed("!=", stored[0], word(0)), other, missing, unlikely=True)
    code.begin(missing)
    code.b.ret(ir.Constant(POINTER, None))
    code.begin(other)
    code.b.ret(code.b.call(search, code.function.args, cconv=RARE_CALL))


def _search(module: ir.Module, name: str, table: Table) -> ir.Function:
    code, rows, bits = _function(module, name, table)
    code.function.calling_convention = RARE_CALL
    code.function.attributes.update(("cold", "noinline"))
    found, missing = map(code.label, ("found", "missing"))
    row = probe(code, rows, bits, found, missing)
    code.begin(found)
    code.b.ret(code.at(row, table.coordinates))
    code.begin(missing)
    code.b.ret(ir.Constant(POINTER, None))
    return code.function


def _enter(module: ir.Module, name: str, table: Table) -> None:
    code, rows, bits = _function(module, name, table)
    words = code.function.args[0]
    code.function.attributes.add("noinline")
    found, missing = map(code.label, ("found", "missing"))
    row = probe(code, rows, bits, found, missing)
    code.begin(found)
    code.b.ret(code.at(row, table.coordinates))
    code.begin(missing)
    for k, bit in enumerate(bits):
        code.store(bit, row, k)
    count = code.load(WORD, words, table.word + Table.COUNT)
    code.store(code.b.add(count, word(1)), words, table.word + Table.COUNT)
    code.b.ret(code.at(row, table.coordinates))


def notice(tables: Sequence[Table]) -> str:
    """For each table a function that takes note of a row that is new, if its key is a constant of some fragment.

    Such keys are themselves in a table, see `directory.index`.
    """
    module = ir.Module("notice")
    for i, table in enumerate(tables):
        _notice(module, i, table.coordinates, longest_key(tables))
    return _text(module)


def longest_key(tables: Sequence[Table]) -> int:
    """Coordinates."""
    return max((table.coordinates for table in tables), default=1)


def log_index_row(longest: int) -> int:
    """A row of the table of constant keys has 2**it words: the number of the table, a key, and the key's number."""
    return (1 + longest).bit_length()


def _notice(module: ir.Module, i: int, coordinates: int, longest: int) -> None:
    kinds = [POINTER, POINTER, POINTER, *[WORD] * coordinates]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), f"notice{i}")
    function.linkage = "internal"
    function.attributes.add("noinline")
    shared, fixed, row, *bits = function.args
    code = Code(function)
    code.begin(code.label("entry"))
    shift = code.load(WORD, shared, Shared.INDEX_SHIFT)
    mask = code.b.lshr(word(-1), shift)
    rows = Rows(code.pointer(shared, Shared.INDEX), shift, mask, log_index_row(longest))
    key = [word(pattern(MAGIC + i)), *bits, *[word(0)] * (longest - coordinates)]
    found, missing = map(code.label, ("found", "missing"))
    known = probe(code, rows, key, found, missing)
    code.begin(found)
    code.store(row, code.element(fixed, code.load(WORD, known, 1 + longest)))
    code.b.branch(missing)
    code.begin(missing)
    code.b.ret_void()


def _text(module: ir.Module) -> str:
    """Of the functions alone, to stand in another module."""
    return "\n".join(line for line in str(module).splitlines() if not line.startswith(("target", ";", "source")))


def restore(lists: Sequence[Entries]) -> str:
    """A function that writes the words of list number i, and the lists."""
    starts, words, places, numbers = [0], [], [], []
    for entries in lists:
        for w, place, value in entries:
            words.append(f"i32 {w}")
            places.append(f"i32 {place}")
            numbers.append(f"double {real(value)}")
        starts.append(len(words))
    count = max(len(words), 1)
    lines = [f"@starts = internal constant [{len(starts)} x i64] [{', '.join(f'i64 {n}' for n in starts)}]"]
    for name, kind, values in (("words", "i32", words), ("places", "i32", places), ("numbers", "double", numbers)):
        data = f"[{', '.join(values)}]" if values else "zeroinitializer"
        lines.append(f"@{name} = internal constant [{count} x {kind}] {data}")
    return "\n".join([*lines, _RESTORE])


_RESTORE = """
define internal void @restore(ptr noalias captures(none) %words, ptr noalias captures(none) %scratch, i64 %list)
noinline {
entry:
%first = getelementptr inbounds i64, ptr @starts, i64 %list
%begin = load i64, ptr %first
%last = getelementptr inbounds i64, ptr %first, i64 1
%end = load i64, ptr %last
br label %next
next:
%k = phi i64 [%begin, %entry], [%k1, %written]
%more = icmp slt i64 %k, %end
br i1 %more, label %body, label %done
body:
%word_at = getelementptr inbounds i32, ptr @words, i64 %k
%word = load i32, ptr %word_at
%wide = zext i32 %word to i64
%target = getelementptr inbounds i64, ptr %words, i64 %wide
%place_at = getelementptr inbounds i32, ptr @places, i64 %k
%place = load i32, ptr %place_at
%known = icmp slt i32 %place, 0
br i1 %known, label %constant, label %computed
constant:
%number_at = getelementptr inbounds double, ptr @numbers, i64 %k
%number = load double, ptr %number_at
br label %written
computed:
%index = sext i32 %place to i64
%scratch_at = getelementptr inbounds double, ptr %scratch, i64 %index
%value = load double, ptr %scratch_at
br label %written
written:
%result = phi double [%number, %constant], [%value, %computed]
store double %result, ptr %target
%k1 = add i64 %k, 1
br label %next
done:
ret void
}"""


FLUSH = """
define internal void @flush(ptr noalias %log, ptr noalias %buffer, i64 %from, i64 %to, i64 %delta, i64 %prompt)
noinline {
entry:
br label %next
next:
%k = phi i64 [%from, %entry], [%k8, %eight], [%k1, %one]
%left = sub i64 %to, %k
%more = icmp sgt i64 %left, 0
br i1 %more, label %body, label %done
body:
%position = add i64 %k, %delta
%after = sub i64 %position, %prompt
%in = icmp slt i64 %after, 0
%ring = and i64 %after, MASK
%place = select i1 %in, i64 %after, i64 %ring
%slot = add i64 %place, %prompt
%source = getelementptr inbounds i32, ptr %buffer, i64 %k
%target = getelementptr inbounds i32, ptr %log, i64 %slot
%room = sub i64 WINDOW, %place
%fits = icmp slt i64 %left, %room
%count = select i1 %fits, i64 %left, i64 %room
%many = icmp sge i64 %count, 8
br i1 %many, label %eight, label %one
eight:
%tokens = load <8 x i32>, ptr %source, align 4
store <8 x i32> %tokens, ptr %target, align 4
%k8 = add i64 %k, 8
br label %next
one:
%token = load i32, ptr %source
store i32 %token, ptr %target
%k1 = add i64 %k, 1
br label %next
done:
ret void
}""".replace("MASK", str(WINDOW - 1)).replace("WINDOW", str(WINDOW))
"""Copies tokens `from` to `to - 1` of the buffer to where heads at positions find them: a ring after the prompt."""
