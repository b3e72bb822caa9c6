"""The functions that the code of all fragments calls: looking a row up, writing the state, copying tokens."""

from __future__ import annotations

from collections.abc import Sequence

import llvmlite.ir as ir

from interpreter.engines.indexed.code import Code
from interpreter.engines.indexed.memory import WINDOW, Table
from interpreter.engines.indexed.probe import Rows, probe
from interpreter.engines.indexed.values import MAGIC, POINTER, WORD, pattern, word
from interpreter.engines.specialised.values import real

Entries = tuple[tuple[int, int, float], ...]
"""(word of the state, place in the scratch memory or -1, else the number that is written)."""


Test = tuple[int, float, float, bool]
"""(word of the state, or -1 - number of a column; factor, constant, whether their sum is to be 0, else at least 0)."""


def finders(tables: Sequence[Table]) -> str:
    """For each table `find`, from a key to the address of the values of its row, or null; `enter` makes the row."""
    module = ir.Module("finders")
    module.triple = ""
    for i, table, enters in ((i, table, enters) for i, table in enumerate(tables) for enters in (False, True)):
        kind = ir.FunctionType(POINTER, [POINTER, *[WORD] * table.coordinates])
        function = ir.Function(module, kind, f"enter{i}" if enters else f"find{i}")
        function.linkage = "internal"
        code = Code(function)
        words, *bits = function.args
        entry, found, missing = map(code.label, ("entry", "found", "missing"))
        code.begin(entry)
        rows = Rows(
            code.pointer(words, table.word + Table.ADDRESS),
            code.load(WORD, words, table.word + Table.SHIFT),
            code.load(WORD, words, table.word + Table.MASK),
            table.log_row,
        )
        row = probe(code, rows, bits, found, missing)
        code.begin(found)
        code.b.ret(code.at(row, table.coordinates))
        code.begin(missing)
        if enters:
            for k, bit in enumerate(bits):
                code.store(bit, row, k)
            count = code.load(WORD, words, table.word + Table.COUNT)
            code.store(code.b.add(count, word(1)), words, table.word + Table.COUNT)
            code.b.ret(code.at(row, table.coordinates))
        else:
            code.b.ret(ir.Constant(POINTER, None))
    return "\n".join(line for line in str(module).splitlines() if not line.startswith(("target", ";", "source")))


def resolve(fixed: dict[tuple[int, tuple[float, ...]], int]) -> str:
    """A function that finds the rows of constant keys that have not been found yet."""
    lines = ["define internal void @resolve(ptr noalias %words, ptr noalias %fixed) {", "entry:"]
    for (table, key), n in fixed.items():
        bits = ", ".join(f"i64 {pattern(MAGIC + k)}" for k in key)
        lines += [
            f"%place{n} = getelementptr inbounds i64, ptr %fixed, i64 {n}",
            f"%known{n} = load ptr, ptr %place{n}",
            f"%missing{n} = icmp eq ptr %known{n}, null",
            f"br i1 %missing{n}, label %search{n}, label %next{n}",
            f"search{n}:",
            f"%found{n} = call ptr @find{table}(ptr %words, {bits})",
            f"store ptr %found{n}, ptr %place{n}",
            f"br label %next{n}",
            f"next{n}:",
        ]
    return "\n".join([*lines, "ret void", "}"])


def embed(columns: Sequence[int], width: int) -> str:
    """A function that writes some columns of the embedding of a token."""
    lines = [
        "define internal void @embed(ptr noalias %embedding, ptr noalias %columns, i32 %token) noinline {",
        "entry:",
        "%number = zext i32 %token to i64",
        f"%row = mul i64 %number, {width}",
    ]
    for n, j in enumerate(columns):
        lines += [
            f"%place{n} = add i64 %row, {j}",
            f"%from{n} = getelementptr inbounds double, ptr %embedding, i64 %place{n}",
            f"%value{n} = load double, ptr %from{n}",
            f"%to{n} = getelementptr inbounds double, ptr %columns, i64 {n}",
            f"store double %value{n}, ptr %to{n}",
        ]
    return "\n".join([*lines, "ret void", "}"])


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


def fits(lists: Sequence[tuple[Test, ...]]) -> str:
    """A function that makes the tests of list number i, one after the other, and the lists."""
    starts = [0]
    for tests in lists:
        starts.append(starts[-1] + len(tests))
    every = [test for tests in lists for test in tests]
    count = max(len(every), 1)
    lines = [f"@first_test = internal constant [{len(starts)} x i64] [{', '.join(f'i64 {n}' for n in starts)}]"]
    for name, kind, values in (
        ("tested", "i32", [str(place) for place, *_ in every]),
        ("factors", "double", [real(factor) for _, factor, *_ in every]),
        ("constants", "double", [real(constant) for _, _, constant, _ in every]),
        ("equals", "i1", ["true" if is_zero else "false" for *_, is_zero in every]),
    ):
        data = f"[{', '.join(f'{kind} {v}' for v in values)}]" if values else "zeroinitializer"
        lines.append(f"@{name} = internal constant [{count} x {kind}] {data}")
    return "\n".join([*lines, _FITS])


_FITS = """
define internal i1 @fits(ptr noalias %words, ptr noalias %columns, i64 %list) noinline {
entry:
%first = getelementptr inbounds i64, ptr @first_test, i64 %list
%begin = load i64, ptr %first
%last = getelementptr inbounds i64, ptr %first, i64 1
%end = load i64, ptr %last
br label %next
next:
%k = phi i64 [%begin, %entry], [%k1, %body]
%more = icmp slt i64 %k, %end
br i1 %more, label %body, label %done
body:
%place_at = getelementptr inbounds i32, ptr @tested, i64 %k
%place = load i32, ptr %place_at
%wide = sext i32 %place to i64
%column = xor i64 %wide, -1
%word_at = getelementptr double, ptr %words, i64 %wide
%column_at = getelementptr double, ptr %columns, i64 %column
%is_word = icmp sge i32 %place, 0
%at = select i1 %is_word, ptr %word_at, ptr %column_at
%x = load double, ptr %at
%factor_at = getelementptr inbounds double, ptr @factors, i64 %k
%factor = load double, ptr %factor_at
%constant_at = getelementptr inbounds double, ptr @constants, i64 %k
%constant = load double, ptr %constant_at
%product = fmul double %x, %factor
%sum = fadd double %product, %constant
%zero = fcmp oeq double %sum, 0.0
%positive = fcmp oge double %sum, 0.0
%equal_at = getelementptr inbounds i1, ptr @equals, i64 %k
%equal = load i1, ptr %equal_at
%holds = select i1 %equal, i1 %zero, i1 %positive
%k1 = add i64 %k, 1
br i1 %holds, label %next, label %done
done:
%result = phi i1 [true, %next], [false, %body]
ret i1 %result
}"""


_RESTORE = """
define internal void @restore(ptr noalias %words, ptr noalias %scratch, i64 %list) noinline {
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
define internal void @flush(ptr noalias %log, ptr noalias %buffer, i64 %from, i64 %to, i64 %delta, i64 %prompt) {
entry:
br label %next
next:
%k = phi i64 [%from, %entry], [%k1, %body]
%more = icmp slt i64 %k, %to
br i1 %more, label %body, label %done
body:
%position = add i64 %k, %delta
%after = sub i64 %position, %prompt
%ring = and i64 %after, MASK
%late = add i64 %ring, %prompt
%in = icmp slt i64 %after, 0
%slot = select i1 %in, i64 %position, i64 %late
%source = getelementptr inbounds i32, ptr %buffer, i64 %k
%token = load i32, ptr %source
%target = getelementptr inbounds i32, ptr %log, i64 %slot
store i32 %token, ptr %target
%k1 = add i64 %k, 1
br label %next
done:
ret void
}""".replace("MASK", str(WINDOW - 1))
"""Copies tokens `from` to `to - 1` of the buffer to where heads at positions find them."""
