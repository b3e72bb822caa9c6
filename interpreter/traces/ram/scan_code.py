"""The code that goes through tokens of a trace, as LLVM's text, and the memory that it shares with Python."""

from __future__ import annotations

from enum import IntEnum, auto

ENDS, FRAME, CALL, GROUP, WRITES, ADDRESS = 1, 2, 4, 8, 16, 32
"""Bits of a token: it ends an instruction; it opens or closes a frame; it opens one; it is a group of a value that is
written; it ends a value that is written; it is a part of the address to which that goes."""
TOKEN_BITS = 6
"""What a token adds to pc stands above them."""
RAISES = RELATIVE = 1
"""Bit of an instruction: it raises an exception, its weight stands above; and of a target: it is in the frame."""
OFFSET = 2**62
"""Is added to the name of a cell in the table, so that a row whose name is 0 is free."""


class Word(IntEnum):
    """Words of the state.

    Attributes:
        PC, STEPS, WEIGHT: sum of what tokens add to pc, instructions ended, sum of their weights.
        INSTRUCTION: pc where the present instruction begins.
        DEPTH: open calls. CALLS: address of their numbers.
        RAISED: the instruction that raised the last exception. RAISED_DEPTH, RAISED_CALLS: the calls open there.
        VOCABULARY, TOKENS: how many tokens there are; address of a row for each, see above, and one more.
        INSTRUCTIONS, PROGRAM: how many instructions there are; address of a row for each, and one more.
        ROWS: address of the table of cells, pairs of name and value; 0 where cells are not followed.
        SHIFT, MASK, IN_USE: of the table 64 - log2 of its rows, their number - 1, how many of them are in use.
        VALUES: address of a number for each token: of a part of an address, what it adds to the name of the cell; of
            a token that ends a value, its sign, 1 for a negative one; of a group, twice that and the sign.
        TARGETS: address of the cell to which each instruction writes, 2 * its name and whether that is in the frame.
        BASE, FRAME_SIZE, MOST: base; what a frame adds to a name; how many groups a value in the table has at most.
        CELL, ADDRESSED: to which cell the present instruction writes, if its tokens say so.
        GROUPS, FILLED: address of the groups that it has written so far, and how many these are.
        TOO_LONG: the instruction that has just ended has written more groups than MOST: to CELL, FILLED of them.
    """

    PC = 0
    STEPS = auto()
    WEIGHT = auto()
    INSTRUCTION = auto()
    DEPTH = auto()
    CALLS = auto()
    RAISED = auto()
    RAISED_DEPTH = auto()
    RAISED_CALLS = auto()
    VOCABULARY = auto()
    TOKENS = auto()
    INSTRUCTIONS = auto()
    PROGRAM = auto()
    ROWS = auto()
    SHIFT = auto()
    MASK = auto()
    IN_USE = auto()
    VALUES = auto()
    TARGETS = auto()
    BASE = auto()
    FRAME_SIZE = auto()
    MOST = auto()
    CELL = auto()
    ADDRESSED = auto()
    GROUPS = auto()
    FILLED = auto()
    TOO_LONG = auto()


def _places(*words: Word) -> str:
    """The addresses of these words."""
    return "\n".join(f"%{word.name}_at = getelementptr i64, ptr %state, i64 {word}" for word in words)


def _loaded(*words: Word, kind: str = "i64") -> str:
    """These words, and their addresses."""
    return "\n".join([_places(*words), *(f"%{word.name} = load {kind}, ptr %{word.name}_at" for word in words)])


def _pointers(*words: Word) -> str:
    """Words that are addresses."""
    return _loaded(*words, kind="ptr")


def _scan(name: str, weighs: str, forgets: str) -> str:
    """A function that goes on to the last token, or to one that ends a value with too many groups: how far it came.

    weighs, forgets: bits, whether instructions are looked at, and whether cells are not.
    """
    return f"""
define i64 @{name}(ptr noalias %state, ptr noalias %trace, i64 %count) {{
entry:
{_loaded(Word.PC, Word.STEPS, Word.INSTRUCTION, Word.WEIGHT, Word.DEPTH, Word.VOCABULARY, Word.INSTRUCTIONS)}
{_pointers(Word.TOKENS, Word.PROGRAM, Word.CALLS, Word.RAISED_CALLS, Word.ROWS)}
{_places(Word.RAISED, Word.RAISED_DEPTH)}
%weighs = icmp sgt i64 %INSTRUCTIONS, 0
%forgets = icmp eq ptr %ROWS, null
br label %next

next:
%k = phi i64 [0, %entry], [%k1, %on]
%pc = phi i64 [%PC, %entry], [%pc1, %on]
%steps = phi i64 [%STEPS, %entry], [%steps1, %on]
%instruction = phi i64 [%INSTRUCTION, %entry], [%instruction1, %on]
%weight = phi i64 [%WEIGHT, %entry], [%weight1, %on]
%depth = phi i64 [%DEPTH, %entry], [%depth1, %on]
%stopped = phi i1 [false, %entry], [%stops, %on]
%all = icmp sge i64 %k, %count
%done = or i1 %all, %stopped
br i1 %done, label %end, label %body

body:
%token_at = getelementptr i32, ptr %trace, i64 %k
%token = load i32, ptr %token_at
%number = zext i32 %token to i64
; After the last token of the vocabulary there is one that does nothing.
%known = call i64 @llvm.umin.i64(i64 %number, i64 %VOCABULARY)
%row_at = getelementptr i64, ptr %TOKENS, i64 %known
%row = load i64, ptr %row_at
%added = ashr i64 %row, {TOKEN_BITS}
%pc1 = add i64 %pc, %added
%frame = and i64 %row, {FRAME}
%plain = icmp eq i64 %frame, 0
br i1 %plain, label %framed, label %frames

frames:
%call = and i64 %row, {CALL}
%closes = icmp eq i64 %call, 0
br i1 %closes, label %close, label %open
open:
%top = getelementptr i64, ptr %CALLS, i64 %depth
store i64 %instruction, ptr %top
%higher = add i64 %depth, 1
br label %framed
close:
%below = sub i64 %depth, 1
%lower = call i64 @llvm.smax.i64(i64 %below, i64 0)
br label %framed

framed:
%depth1 = phi i64 [%depth, %body], [%higher, %open], [%lower, %close]
%step = and i64 %row, {ENDS}
%steps1 = add i64 %steps, %step
%ends = icmp ne i64 %step, 0
%instruction1 = select i1 %ends, i64 %pc1, i64 %instruction
br i1 {weighs}, label %weigh, label %weighed

weigh:
; After the last instruction of the program there is one that weighs nothing.
%within = icmp ult i64 %instruction, %INSTRUCTIONS
%counts = and i1 %ends, %within
%place = select i1 %counts, i64 %instruction, i64 %INSTRUCTIONS
%does_at = getelementptr i64, ptr %PROGRAM, i64 %place
%does = load i64, ptr %does_at
%its_weight = ashr i64 %does, 1
%heavier = add i64 %weight, %its_weight
%raising = and i64 %does, {RAISES}
%calm = icmp eq i64 %raising, 0
br i1 %calm, label %weighed, label %raise
raise:
%bytes = shl i64 %depth1, 3
call void @llvm.memcpy.p0.p0.i64(ptr %RAISED_CALLS, ptr %CALLS, i64 %bytes, i1 false)
store i64 %instruction, ptr %RAISED_at
store i64 %depth1, ptr %RAISED_DEPTH_at
br label %weighed

weighed:
%weight1 = phi i64 [%weight, %framed], [%heavier, %weigh], [%heavier, %raise]
br i1 {forgets}, label %on, label %remember
remember:
%too_long = call i1 @remember(ptr %state, i64 %row, i64 %known, i64 %instruction, i64 %depth1)
br label %on

on:
%stops = phi i1 [false, %weighed], [%too_long, %remember]
%k1 = add i64 %k, 1
br label %next

end:
store i64 %pc, ptr %PC_at
store i64 %steps, ptr %STEPS_at
store i64 %instruction, ptr %INSTRUCTION_at
store i64 %weight, ptr %WEIGHT_at
store i64 %depth, ptr %DEPTH_at
ret i64 %k
}}
"""


TEXT = f"""
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)

; Most traces are of programs that need nothing more.
{_scan("scan", "false", "true")}
{_scan("scan_closely", "%weighs", "%forgets")}

; What a token does to the cells; whether it ends a value with too many groups.
define internal i1 @remember(ptr noalias %state, i64 %row, i64 %token, i64 %instruction, i64 %depth) {{
entry:
%matters = and i64 %row, {ENDS | GROUP | WRITES | ADDRESS}
%idle = icmp eq i64 %matters, 0
br i1 %idle, label %out, label %look
look:
{_loaded(Word.CELL, Word.ADDRESSED, Word.FILLED)}
{_pointers(Word.VALUES, Word.GROUPS)}
%value_at = getelementptr i64, ptr %VALUES, i64 %token
%value = load i64, ptr %value_at
%address = and i64 %row, {ADDRESS}
%names = icmp ne i64 %address, 0
br i1 %names, label %name, label %no_name
name:
%cell = add i64 %CELL, %value
store i64 %cell, ptr %CELL_at
store i64 1, ptr %ADDRESSED_at
br label %out

no_name:
%group = and i64 %row, {GROUP}
%is_group = icmp ne i64 %group, 0
br i1 %is_group, label %append, label %appended
append:
%digit = ashr i64 %value, 1
%digit_at = getelementptr i64, ptr %GROUPS, i64 %FILLED
store i64 %digit, ptr %digit_at
%more = add i64 %FILLED, 1
store i64 %more, ptr %FILLED_at
br label %appended
appended:
%filled = phi i64 [%FILLED, %no_name], [%more, %append]
%ending = and i64 %row, {ENDS}
%goes_on = icmp eq i64 %ending, 0
br i1 %goes_on, label %out, label %ended

ended:
store i64 0, ptr %CELL_at
store i64 0, ptr %ADDRESSED_at
store i64 0, ptr %FILLED_at
%writing = and i64 %row, {WRITES}
%writes = icmp ne i64 %writing, 0
br i1 %writes, label %write, label %out
write:
%named = icmp ne i64 %ADDRESSED, 0
br i1 %named, label %to_cell, label %of_program
of_program:
{_pointers(Word.TARGETS)}
{_loaded(Word.INSTRUCTIONS, Word.FRAME_SIZE)}
%within = icmp ult i64 %instruction, %INSTRUCTIONS
br i1 %within, label %direct, label %out
direct:
%target_at = getelementptr i64, ptr %TARGETS, i64 %instruction
%target = load i64, ptr %target_at
%slot = ashr i64 %target, 1
%relative = and i64 %target, {RELATIVE}
%frame = add i64 %depth, 1
%frames = mul i64 %frame, %relative
%moved = mul i64 %frames, %FRAME_SIZE
%in_frame = add i64 %slot, %moved
br label %to_cell

to_cell:
%to = phi i64 [%CELL, %write], [%in_frame, %direct]
{_loaded(Word.BASE, Word.MOST)}
%long = icmp sgt i64 %filled, %MOST
br i1 %long, label %too_long, label %sum
sum:
%k = phi i64 [%filled, %to_cell], [%k1, %add]
%total = phi i64 [0, %to_cell], [%total1, %add]
%scale = phi i64 [1, %to_cell], [%scale1, %add]
%summed = icmp eq i64 %k, 0
br i1 %summed, label %done, label %add
add:
%k1 = sub i64 %k, 1
%part_at = getelementptr i64, ptr %GROUPS, i64 %k1
%part = load i64, ptr %part_at
%higher = mul i64 %total, %BASE
%total1 = add i64 %higher, %part
%scale1 = mul i64 %scale, %BASE
br label %sum
done:
%sign = and i64 %value, 1
%complement = mul i64 %sign, %scale
%result = sub i64 %total, %complement
call void @put(ptr %state, i64 %to, i64 %result)
br label %out

too_long:
{_places(Word.TOO_LONG)}
store i64 %to, ptr %CELL_at
store i64 %filled, ptr %FILLED_at
store i64 1, ptr %TOO_LONG_at
ret i1 true
out:
ret i1 false
}}

; Writes to the table of cells, in which there is a free row.
define void @put(ptr noalias %state, i64 %cell, i64 %value) {{
entry:
{_loaded(Word.SHIFT, Word.MASK, Word.IN_USE)}
{_pointers(Word.ROWS)}
%name = add i64 %cell, {OFFSET}
%mixed = mul i64 %name, -7046029254386353131
%first = lshr i64 %mixed, %SHIFT
br label %next
next:
%n = phi i64 [%first, %entry], [%n1, %other]
%word = shl i64 %n, 1
%row = getelementptr i64, ptr %ROWS, i64 %word
%there = load i64, ptr %row
%same = icmp eq i64 %there, %name
br i1 %same, label %found, label %differs
differs:
%free = icmp eq i64 %there, 0
br i1 %free, label %enter, label %other
other:
%after = add i64 %n, 1
%n1 = and i64 %after, %MASK
br label %next
enter:
store i64 %name, ptr %row
%more = add i64 %IN_USE, 1
store i64 %more, ptr %IN_USE_at
br label %found
found:
%value_at = getelementptr i64, ptr %row, i64 1
store i64 %value, ptr %value_at
ret void
}}

; Writes all rows that another table has in use.
define void @put_all(ptr noalias %state, ptr noalias %others, i64 %count) {{
entry:
br label %next
next:
%n = phi i64 [0, %entry], [%n1, %on]
%more = icmp slt i64 %n, %count
br i1 %more, label %look, label %done
look:
%word = shl i64 %n, 1
%row = getelementptr i64, ptr %others, i64 %word
%name = load i64, ptr %row
%free = icmp eq i64 %name, 0
br i1 %free, label %on, label %copy
copy:
%cell = sub i64 %name, {OFFSET}
%value_at = getelementptr i64, ptr %row, i64 1
%value = load i64, ptr %value_at
call void @put(ptr %state, i64 %cell, i64 %value)
br label %on
on:
%n1 = add i64 %n, 1
br label %next
done:
ret void
}}
"""
