"""Going through tokens of a trace, one after the other, in machine code: what they add up to, and open calls.

NumPy takes ten times as long: each thing that is read off the tokens goes through all of them once more, and running
sums are what it is slow at. A token that does nothing costs about a nanosecond here, like all others.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from compiler.storage.cache import kept
from interpreter.engines.indexed.native import host

ENDS, FRAME, CALL = 1, 2, 4
"""Bits of a token: it ends an instruction; it opens or closes a frame; it opens one."""
TOKEN_BITS = 3
"""What a token adds to pc stands above them."""
RAISES = 1
"""Bit of an instruction: it raises an exception. Its weight stands above it."""
PC, STEPS, INSTRUCTION, WEIGHT, DEPTH, RAISED, RAISED_DEPTH = range(7)
"""Words of the state: pc; instructions ended; pc where the present instruction begins; sum of the weights of those
that have ended; open calls; the instruction that raised the last exception, and how many calls were open then."""
WORDS = 7

_TEXT = f"""
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)

define void @scan(ptr noalias %tokens, i64 %count, ptr noalias %table, i64 %size, ptr noalias %program,
                  i64 %instructions, ptr noalias %state, ptr noalias %calls, ptr noalias %raised_calls) {{
entry:
%pc_at = getelementptr i64, ptr %state, i64 {PC}
%steps_at = getelementptr i64, ptr %state, i64 {STEPS}
%instruction_at = getelementptr i64, ptr %state, i64 {INSTRUCTION}
%weight_at = getelementptr i64, ptr %state, i64 {WEIGHT}
%depth_at = getelementptr i64, ptr %state, i64 {DEPTH}
%raised_at = getelementptr i64, ptr %state, i64 {RAISED}
%raised_depth_at = getelementptr i64, ptr %state, i64 {RAISED_DEPTH}
%pc_first = load i64, ptr %pc_at
%steps_first = load i64, ptr %steps_at
%instruction_first = load i64, ptr %instruction_at
%weight_first = load i64, ptr %weight_at
%depth_first = load i64, ptr %depth_at
%asked = icmp sgt i64 %instructions, 0
br label %next

next:
%k = phi i64 [0, %entry], [%k_after, %on]
%pc = phi i64 [%pc_first, %entry], [%pc_after, %on]
%steps = phi i64 [%steps_first, %entry], [%steps_after, %on]
%instruction = phi i64 [%instruction_first, %entry], [%instruction_after, %on]
%weight = phi i64 [%weight_first, %entry], [%weight_after, %on]
%depth = phi i64 [%depth_first, %entry], [%depth_after, %on]
%more = icmp slt i64 %k, %count
br i1 %more, label %body, label %end

body:
%token_at = getelementptr i32, ptr %tokens, i64 %k
%token = load i32, ptr %token_at
%number = zext i32 %token to i64
; After the last token of the vocabulary the table has one that does nothing.
%known = call i64 @llvm.umin.i64(i64 %number, i64 %size)
%row_at = getelementptr i64, ptr %table, i64 %known
%row = load i64, ptr %row_at
%added = ashr i64 %row, {TOKEN_BITS}
%pc_after = add i64 %pc, %added
%frame = and i64 %row, {FRAME}
%plain = icmp eq i64 %frame, 0
br i1 %plain, label %framed, label %frames

frames:
%call = and i64 %row, {CALL}
%closes = icmp eq i64 %call, 0
br i1 %closes, label %close, label %open
open:
%top = getelementptr i64, ptr %calls, i64 %depth
store i64 %instruction, ptr %top
%higher = add i64 %depth, 1
br label %framed
close:
%below = sub i64 %depth, 1
%lower = call i64 @llvm.smax.i64(i64 %below, i64 0)
br label %framed

framed:
%depth_after = phi i64 [%depth, %body], [%higher, %open], [%lower, %close]
%step = and i64 %row, {ENDS}
%steps_after = add i64 %steps, %step
%ends = icmp ne i64 %step, 0
%instruction_after = select i1 %ends, i64 %pc_after, i64 %instruction
br i1 %asked, label %weigh, label %on

weigh:
; After the last instruction of the program there is one that weighs nothing.
%within = icmp ult i64 %instruction, %instructions
%counts = and i1 %ends, %within
%place = select i1 %counts, i64 %instruction, i64 %instructions
%does_at = getelementptr i64, ptr %program, i64 %place
%does = load i64, ptr %does_at
%its_weight = ashr i64 %does, 1
%heavier = add i64 %weight, %its_weight
%raising = and i64 %does, {RAISES}
%calm = icmp eq i64 %raising, 0
br i1 %calm, label %on, label %raise
raise:
%bytes = shl i64 %depth_after, 3
call void @llvm.memcpy.p0.p0.i64(ptr %raised_calls, ptr %calls, i64 %bytes, i1 false)
store i64 %instruction, ptr %raised_at
store i64 %depth_after, ptr %raised_depth_at
br label %on

on:
%weight_after = phi i64 [%weight, %framed], [%heavier, %weigh], [%heavier, %raise]
%k_after = add i64 %k, 1
br label %next

end:
store i64 %pc, ptr %pc_at
store i64 %steps, ptr %steps_at
store i64 %instruction, ptr %instruction_at
store i64 %weight, ptr %weight_at
store i64 %depth, ptr %depth_at
ret void
}}
"""


@cache
def scanner() -> Callable[..., None]:
    """`scan` of the text above, compiled once for each processor; the same in the whole process."""
    target = host()
    name = hashlib.sha256(json.dumps([_TEXT, asdict(target), llvmlite.__version__]).encode()).hexdigest()
    code = kept("native", name, lambda: target.compile(_TEXT))
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target.machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    kinds = [pointer, number, pointer, number, pointer, number, *[pointer] * 3]
    function: Any = ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address("scan"))
    # The code lives as long as the engine does.
    function.engine = engine
    return function  # type: ignore[no-any-return]
