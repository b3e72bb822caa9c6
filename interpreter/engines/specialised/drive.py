"""The function that goes through a run:

    drive(words, embedding, log, buffer, begin, soft, hard, run, fixed, shared)

decodes like `run` of the indexed engine, from buffer[begin] on: with fragments where one fits, else a token at a time
with `run`. It returns how far it came, at least to `soft` and at most to `hard`, or why not (words[STATUS]); after some
tokens of `run` it returns early, so that what is missing can be recorded. It is the same for all fragments: where
their code is, and when they are tried, it reads in the words that it shares with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from interpreter.engines.indexed.memory import POSITION, PROMPT, RETURNED, STATUS, Table
from interpreter.engines.specialised.directory import FITS, MOST_VALUES
from interpreter.engines.specialised.policy import FUNCTIONS, Shared
from interpreter.engines.specialised.support import FLUSH, RARE_CALL, finders, longest_key
from interpreter.engines.specialised.values import real

ARGUMENTS = (
    "ptr noalias %words", "ptr noalias %embedding", "ptr noalias %buffer", "i64 %here", "i64 %hard", "i64 %delta",
    "ptr noalias %fixed", "ptr noalias %shared", "ptr noalias %local",
)  # fmt: skip
"""Of the function of a fragment, besides the first numbers that it is handed over; `%here` is where it begins."""
PASSED = 8
"""So many numbers are handed over in registers."""
CALL = "preserve_nonecc"
"""No function keeps registers for the one that calls it: `drive` alone is called by C."""
LOCAL_SCRATCH = 1 + PASSED
"""In `%local`, words of one call of `drive`: the place in the buffer; the numbers that are handed over, those that are
not passed from here on. Numbers that are to be written are there as well."""
ASIDE, NO_ROOM, FAILED = range(3)
"""What the function of a fragment returns: any that begins here goes on; there is no room for its tokens; or from
`FAILED` on, number n has failed at its first token."""


_NUMBERS = (Shared.VALUES, Shared.MAIN, Shared.PATIENCE)
ARRAYS = (
    Shared.FIRST, Shared.FOLLOWING, Shared.STARTS, Shared.RECORDS, Shared.TOLD_STARTS, Shared.TOLD,
)  # fmt: skip
"""Words with the addresses of the arrays of `Directory`."""


def _shared(name: Shared, kind: str) -> list[str]:
    """Code that reads a shared word, as a variable of the same name."""
    variable = f"%{name.name.lower()}"
    return [
        f"{variable}_at = getelementptr inbounds i64, ptr %shared, i64 {name.value}",
        f"{variable} = load {kind}, ptr {variable}_at",
    ]


def text(tables: Sequence[Table], most: int, state: int, width: int) -> str:
    """The module; most: fragments; state: variables that it has at most; width: of the embedding."""
    numbers = {f"${name}": str(number) for name, number in Shared.__members__.items()}
    numbers |= {
        "$POSITION_WORD": str(POSITION), "$PROMPT": str(PROMPT), "$RETURNED": str(RETURNED), "$STATUS": str(STATUS),
        "$LOCAL": str(LOCAL_SCRATCH + state), "$WIDTH": str(width), "$CALL": CALL, "$NO_ROOM": str(NO_ROOM),
        "$MOST_VALUES": real(MOST_VALUES), "$ASIDE": str(ASIDE), "$FIRST_FAILED": str(FAILED),
        "$FUNCTIONS": str(FUNCTIONS), "$BEGUN": str(FUNCTIONS + most),
    }  # fmt: skip
    passed = [f"double %passed{k}" for k in range(PASSED)]
    loads = [
        line
        for k in range(PASSED)
        for line in (
            f"%passed_at{k} = getelementptr inbounds double, ptr %local, i64 {1 + k}",
            f"%passed{k} = load double, ptr %passed_at{k}",
        )
    ]
    arguments = [a.replace("noalias ", "") for a in ARGUMENTS]
    read = [line for name in _NUMBERS for line in _shared(name, "i64")]
    read += [line for name in ARRAYS for line in _shared(name, "ptr")]
    numbers |= {"$SHARED": "\n".join(read), "$PASS": "\n".join(loads), "$ARGUMENTS": ", ".join([*arguments, *passed])}
    made = _DRIVE
    for name in sorted(numbers, key=len, reverse=True):
        made = made.replace(name, numbers[name])
    return "\n".join([finders(tables), FITS, FLUSH, _rows(tables), _resolve(tables), made])


def _rows(tables: Sequence[Table]) -> str:
    """A function that says how many rows all tables have in use."""
    lines, total = ["define internal i64 @rows(ptr noalias captures(none) %words) alwaysinline {"], "0"
    for i, table in enumerate(tables):
        lines += [
            f"%at{i} = getelementptr inbounds i64, ptr %words, i64 {table.word + Table.COUNT}",
            f"%count{i} = load i64, ptr %at{i}",
            f"%total{i} = add i64 {total}, %count{i}",
        ]
        total = f"%total{i}"
    return "\n".join([*lines, f"ret i64 {total}", "}"])


def _resolve(tables: Sequence[Table]) -> str:
    """A function that finds the rows of constant keys that have not been found yet: the values by default stand in."""
    size = 2 + longest_key(tables)
    cases = " ".join(f"i64 {i}, label %table{i}" for i in range(len(tables)))
    lines = [
        "define internal void @resolve(ptr noalias captures(none) %words, ptr noalias captures(none) %fixed,",
        "ptr %shared) {",
        "entry:",
        *_shared(Shared.KEYS, "ptr"),
        *_shared(Shared.KEY_COUNT, "i64"),
        "br label %next",
        "next:",
        "%k = phi i64 [0, %entry], [%k1, %following]",
        "%more = icmp slt i64 %k, %key_count",
        "br i1 %more, label %body, label %done",
        "body:",
        "%place = getelementptr inbounds ptr, ptr %fixed, i64 %k",
        "%known = load ptr, ptr %place",
        f"%at = mul i64 %k, {size}",
        "%key = getelementptr inbounds i64, ptr %keys, i64 %at",
        "%default_at = getelementptr inbounds i64, ptr %key, i64 1",
        "%word = load i64, ptr %default_at",
        "%has_default = icmp sge i64 %word, 0",
        "%values = getelementptr inbounds i64, ptr %words, i64 %word",
        "%default = select i1 %has_default, ptr %values, ptr null",
        "%unknown = icmp eq ptr %known, null",
        "%by_default = icmp eq ptr %known, %default",
        "%missing = or i1 %unknown, %by_default",
        "br i1 %missing, label %search, label %following",
        "search:",
        "%table = load i64, ptr %key",
        f"switch i64 %table, label %following [{cases}]",
    ]
    for i, table in enumerate(tables):
        lines.append(f"table{i}:")
        for k in range(table.coordinates):
            lines += [
                f"%bit_at{i}_{k} = getelementptr inbounds i64, ptr %key, i64 {2 + k}",
                f"%bit{i}_{k} = load i64, ptr %bit_at{i}_{k}",
            ]
        bits = ", ".join(f"i64 %bit{i}_{k}" for k in range(table.coordinates))
        lines += [
            f"%row{i} = call {RARE_CALL} ptr @search{i}(ptr %words, {bits})",
            f"%none{i} = icmp eq ptr %row{i}, null",
            f"%found{i} = select i1 %none{i}, ptr %default, ptr %row{i}",
            f"store ptr %found{i}, ptr %place",
            "br label %following",
        ]
    lines += ["following:", "%k1 = add i64 %k, 1", "br label %next", "done:", "ret void", "}"]
    return "\n".join(lines)


_DRIVE = """
define i64 @drive(ptr noalias captures(none) %words, ptr noalias %embedding, ptr noalias %log, ptr noalias %buffer,
i64 %begin, i64 %soft, i64 %hard, ptr %run, ptr noalias %fixed, ptr noalias %shared) {
entry:
%local = alloca [$LOCAL x i64]
%logged = alloca i64
%cold_now = alloca i64
store i64 %begin, ptr %local
store i64 %begin, ptr %logged
store i64 0, ptr %cold_now
$SHARED
%functions = getelementptr inbounds i64, ptr %shared, i64 $FUNCTIONS
%begun = getelementptr inbounds i64, ptr %shared, i64 $BEGUN
%failed_at = getelementptr inbounds i64, ptr %shared, i64 $FAILED
%cold_at = getelementptr inbounds i64, ptr %shared, i64 $COLD
%position_at = getelementptr inbounds i64, ptr %words, i64 $POSITION_WORD
%status_at = getelementptr inbounds i64, ptr %words, i64 $STATUS
%prompt_at = getelementptr inbounds i64, ptr %words, i64 $PROMPT
%prompt = load i64, ptr %prompt_at
%begins = load i64, ptr %position_at
%delta = sub i64 %begins, %begin
call void @resolve(ptr %words, ptr %fixed, ptr %shared)
br label %dispatch
aside:
%failed = load i64, ptr %failed_at
%failed1 = add i64 %failed, 1
store i64 %failed1, ptr %failed_at
br label %dispatch
dispatch:
%now_at = load i64, ptr %local
%early = icmp slt i64 %now_at, %soft
br i1 %early, label %choose, label %leave
choose:
%all = icmp slt i64 %main, 0
br i1 %all, label %chosen, label %asked
asked:
%value_at = getelementptr inbounds double, ptr %words, i64 %main
%value = load double, ptr %value_at
%small = fcmp olt double %value, $MOST_VALUES
%large = fcmp oge double %value, 0.0
%in = and i1 %small, %large
br i1 %in, label %converted, label %unknown
converted:
%whole = fptosi double %value to i64
%back = sitofp i64 %whole to double
%exact = fcmp oeq double %back, %value
%listed = icmp slt i64 %whole, %values
%is_value = and i1 %exact, %listed
br i1 %is_value, label %chosen, label %unknown
chosen:
%which = phi i64 [0, %choose], [%whole, %converted]
%n0_at = getelementptr inbounds i64, ptr %first, i64 %which
%n0 = load i64, ptr %n0_at
br label %try
try:
%n = phi i64 [%n0, %chosen], [%n1, %otherwise]
%some = icmp sge i64 %n, 0
br i1 %some, label %test, label %unknown
test:
; A fragment that has failed may have been begun by another one, tokens later.
%here = load i64, ptr %local
%position_word = add i64 %here, %delta
%position = sitofp i64 %position_word to double
%token_at = getelementptr inbounds i32, ptr %buffer, i64 %here
%token = load i32, ptr %token_at
%token_wide = zext i32 %token to i64
%row_first = mul i64 %token_wide, $WIDTH
%row = getelementptr inbounds double, ptr %embedding, i64 %row_first
%held = call i1 @fits(ptr %words, ptr %row, double %position, ptr %starts, ptr %records, i64 %n)
br i1 %held, label %begin_it, label %otherwise
otherwise:
%not = phi i64 [%n, %test], [%failing, %failed_first]
%n1_at = getelementptr inbounds i64, ptr %following, i64 %not
%n1 = load i64, ptr %n1_at
br label %try
begin_it:
%times_at = getelementptr inbounds i64, ptr %begun, i64 %n
%times = load i64, ptr %times_at
%times1 = add i64 %times, 1
store i64 %times1, ptr %times_at
%start_at = getelementptr inbounds i64, ptr %told_starts, i64 %n
%start = load i64, ptr %start_at
%end_at = getelementptr inbounds i64, ptr %start_at, i64 1
%end = load i64, ptr %end_at
br label %hand
hand:
%k = phi i64 [%start, %begin_it], [%k1, %handing]
%more = icmp slt i64 %k, %end
br i1 %more, label %handing, label %handed
handing:
%place_at = getelementptr inbounds i64, ptr %told, i64 %k
%place = load i64, ptr %place_at
%x = call double @read(ptr %words, ptr %row, double %position, i64 %place)
%k1 = add i64 %k, 1
%target = sub i64 %k1, %start
%target_at = getelementptr inbounds double, ptr %local, i64 %target
store double %x, ptr %target_at
br label %hand
handed:
$PASS
%function_at = getelementptr inbounds ptr, ptr %functions, i64 %n
%function = load ptr, ptr %function_at
%went = call $CALL i64 %function($ARGUMENTS)
switch i64 %went, label %failed_first [i64 $ASIDE, label %aside i64 $NO_ROOM, label %no_room]
failed_first:
%failing = sub i64 %went, $FIRST_FAILED
br label %otherwise
no_room:
%begins_at = load i64, ptr %local
%before = icmp slt i64 %begins_at, %soft
br i1 %before, label %step, label %leave
unknown:
%so_far = load i64, ptr %cold_now
%patient = icmp slt i64 %so_far, %patience
br i1 %patient, label %step, label %leave
leave:
%left_at = load i64, ptr %local
%since_leave = load i64, ptr %logged
%position_left = add i64 %left_at, %delta
store i64 %position_left, ptr %position_at
call void @flush(ptr %log, ptr %buffer, i64 %since_leave, i64 %left_at, i64 %delta, i64 %prompt)
store i64 $RETURNED, ptr %status_at
ret i64 %left_at
step:
%now = load i64, ptr %local
%since = load i64, ptr %logged
%position_now = add i64 %now, %delta
store i64 %position_now, ptr %position_at
call void @flush(ptr %log, ptr %buffer, i64 %since, i64 %now, i64 %delta, i64 %prompt)
%room = icmp slt i64 %now, %hard
br i1 %room, label %one, label %full
full:
store i64 $RETURNED, ptr %status_at
ret i64 %now
one:
%after = add i64 %now, 1
%rows_before = call i64 @rows(ptr %words)
%done = call i64 %run(ptr captures(none) %words, ptr %embedding, ptr %log, ptr %buffer, i64 %now, i64 %after, i64 0)
store i64 %done, ptr %local
store i64 %done, ptr %logged
%rows_after = call i64 @rows(ptr %words)
%changed = icmp ne i64 %rows_before, %rows_after
; A row that is there now must not be taken to be missing.
br i1 %changed, label %again, label %counted
again:
call void @resolve(ptr %words, ptr %fixed, ptr %shared)
br label %counted
counted:
%cold = load i64, ptr %cold_at
%cold1 = add i64 %cold, 1
store i64 %cold1, ptr %cold_at
%so_far1 = load i64, ptr %cold_now
%so_far2 = add i64 %so_far1, 1
store i64 %so_far2, ptr %cold_now
%status = load i64, ptr %status_at
%goes_on = icmp eq i64 %status, $RETURNED
br i1 %goes_on, label %dispatch, label %stopped
stopped:
ret i64 %done
}
"""
