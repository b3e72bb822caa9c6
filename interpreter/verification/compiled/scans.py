"""The scans as code: sums, windows and the latest of eight positions at once, rows of tables, searches by key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpreter.verification.compiled.emitter import Emitter
from interpreter.verification.compiled.graph import (
    AtScan,
    Found,
    LatestScan,
    MatchScan,
    Nearest,
    PreviousScan,
    Scan,
    SumScan,
)
from interpreter.verification.compiled.lookups import COUNT, DESCRIPTION, LIMIT, MatchArea, hashed, match_function
from interpreter.verification.compiled.program import FULL
from interpreter.verification.compiled.vectors import LANES, MASK, VECTOR, splat

MARGIN = 1 / 8
"""Queries closer than this to the middle between two positions count as undecided."""
LONGEST = 2.0**52
"""Squared lengths up to this are exact in float64, and so is everything they are compared with."""
FINEST = 2.0**10
"""Values that are summed up over all positions are whole numbers of 1/FINEST, and the sums below 2**53 of them."""


def write_scan(emitter: Emitter, number: int, outputs: bool = True) -> None:
    """Writes the code of a scan; without outputs, what it carries on only."""
    if number in emitter.done:
        return
    emitter.done.add(number)
    scan, carried = emitter.graph.scans[number], emitter.layout.carried[number]
    wanted = [o for o in range(_outputs(scan)) if not outputs or _is_needed(emitter, number, o)]
    if isinstance(scan, MatchScan):
        _match(emitter, number, scan, carried, outputs)
        return
    match scan:
        case SumScan():
            results = [_sum(emitter, scan, i, carried + i) for i in wanted]
        case PreviousScan():
            results = [_previous(emitter, scan, i, carried + i) for i in wanted]
        case LatestScan():
            results = _latest(emitter, scan, wanted, carried)
        case AtScan():
            results = _at(emitter, number, scan, wanted)
    if outputs:
        for output, result in zip(wanted, results, strict=True):
            emitter.code.store(VECTOR, result, "%found", LANES * _slot(emitter, number, output))
            emitter.names[emitter.graph.add(Found(number, output))] = result


def _is_needed(emitter: Emitter, number: int, output: int) -> bool:
    return emitter.graph.add(Found(number, output)) in emitter.needed


def _slot(emitter: Emitter, number: int, output: int) -> int:
    """Room for a vector in the area `found`."""
    emitter.slots[Found(number, output)] = emitter.area
    emitter.area += 1
    return emitter.area - 1


def _sum(emitter: Emitter, scan: SumScan, i: int, word: int) -> str:
    code = emitter.code
    [total] = emitter.known(scan.name, [scan.values[i]])
    if not emitter.graph.whole[scan.values[i]]:
        fine = code.of("fmul", total, splat(FINEST))
        rounded = code.compare("une", code.call("rint", fine), fine)
        emitter.fail_where(rounded, f"{scan.name} sums up what is no whole number of 1/{FINEST:.0f}")
    for distance in (1, 2, 4):
        total = code.of("fadd", total, code.moved(total, distance, splat(0)))
    total = code.of("fadd", total, code.everywhere(code.load("double", "%carried", word)))
    code.store("double", code.lane(total, LANES - 1), "%carried", word)
    large = code.compare("oge", code.call("fabs", total), splat(2.0**53 / FINEST))
    emitter.fail_where(large, f"{scan.name} has a sum too large to be exact")
    return total


def _previous(emitter: Emitter, scan: PreviousScan, i: int, word: int) -> str:
    code = emitter.code
    [value] = emitter.known(scan.name, [scan.values[i]])
    before = code.load("double", "%carried", word)
    before = code.emit(f"select i1 {emitter.is_first}, double {code.lane(value, 0)}, double {before}")
    code.store("double", code.lane(value, LANES - 1), "%carried", word)
    return code.moved(value, 1, code.everywhere(before))


def _latest(emitter: Emitter, scan: LatestScan, wanted: Sequence[int], word: int) -> list[str]:
    """The best score so far by doubling: of pairs, of fours, of eights, and that of all blocks before."""
    code = emitter.code
    [score, *values] = emitter.known(scan.name, [scan.score, *(scan.values[i] for i in wanted)])
    score = code.of("fadd", score, code.of("fmul", emitter.position, splat(1 / (2 * emitter.graph.max_tokens))))
    for distance in (1, 2, 4):
        before = code.moved(score, distance, splat(-np.inf))
        earlier = code.compare("ogt", before, score)
        score = code.select(earlier, before, score)
        values = [code.select(earlier, code.moved(v, distance, v), v) for v in values]
    before = code.everywhere(code.load("double", "%carried", word))
    earlier = code.compare("ogt", before, score)
    score = code.select(earlier, before, score)
    code.store("double", code.lane(score, LANES - 1), "%carried", word)
    results = []
    for i, value in zip(wanted, values):
        former = code.everywhere(code.load("double", "%carried", word + 1 + i))
        results.append(code.select(earlier, former, value))
        code.store("double", code.lane(results[-1], LANES - 1), "%carried", word + 1 + i)
    return results


def _at(emitter: Emitter, number: int, scan: AtScan, wanted: Sequence[int]) -> list[str]:
    code = emitter.code
    nearest = _nearest(emitter, scan)
    places = code.emit(f"fptosi {VECTOR} {nearest} to <{LANES} x i64>")
    there = [code.lane(places, lane, "i64") for lane in range(LANES)]
    width = scan.table.shape[1]
    looked_up = [i for i in wanted if i < width]
    results = dict(zip(looked_up, emitter.rows(scan.table[:, looked_up], [emitter.token(p) for p in there])))
    if scan.kept:
        kept = _kept(emitter, scan, there)
        results |= {i: kept[i - width] for i in wanted if i >= width}
    return [results[i] for i in wanted]


def _nearest(emitter: Emitter, scan: AtScan) -> str:
    """The position asked for, which is decided where it does not lie between two positions."""
    code, node = emitter.code, emitter.graph.nodes[scan.index]
    assert isinstance(node, Nearest)
    [query] = emitter.known(scan.name, [node.query])
    nearest = emitter.value(scan.index)
    if not emitter.graph.whole[node.query]:
        asked = code.call("minnum", code.call("maxnum", query, splat(0)), emitter.position)
        off = code.call("fabs", code.of("fsub", asked, nearest))
        emitter.fail_where(
            code.compare("ogt", off, splat(0.5 - MARGIN)), f"a query of {scan.name} lies between two positions"
        )
    return nearest


def _kept(emitter: Emitter, scan: AtScan, there: Sequence[str]) -> list[str]:
    """Values by position: what these positions have is kept, then those asked for are loaded."""
    code, width = emitter.code, len(scan.kept)
    word = emitter.take_words(1)
    emitter.histories[word] = width
    base = code.load("ptr", "%words", word)
    own = emitter.known(scan.name, scan.kept)
    for lane in range(LANES):
        row = code.at(base, code.emit(f"mul i64 {code.emit(f'add i64 %p, {lane}')}, {width}"))
        for i, value in enumerate(own):
            code.store("double", code.lane(value, lane), row, i)
    rows = [code.at(base, code.emit(f"mul i64 {place}, {width}")) for place in there]
    results = []
    for i in range(width):
        vector = "poison"
        for lane, row in enumerate(rows):
            one = code.load("double", row, i)
            vector = code.emit(f"insertelement {VECTOR} {vector}, double {one}, i64 {lane}")
        results.append(vector)
    return results


# ------------------------------------------------------------------------------------------ matching


def _match(emitter: Emitter, number: int, scan: MatchScan, default: int, outputs: bool) -> None:
    """See `interpreter.verification.matching` for what is assumed and what is checked."""
    code, area = emitter.code, MatchArea(scan, outputs)
    keys = emitter.known(scan.name, scan.keys)
    eligible = _eligible(emitter, scan, keys)
    values = emitter.known(scan.name, scan.values)
    vectors = [hashed(code, keys), code.select(eligible, keys[0], splat(np.nan)), *keys[1:], *values]
    if scan.default:
        _set_default(emitter, values, default)
    for query in scan.queries if outputs else ():
        coordinates = emitter.known(scan.name, query.coordinates)
        first = coordinates[0]
        if query.square is not None:
            [square] = emitter.known(scan.name, [query.square])
            norm = _norm(emitter, coordinates)
            fits = code.mask("and", code.compare("oeq", square, norm), _short(emitter, query.coordinates, norm))
            first = code.select(fits, first, splat(np.nan))
        vectors += [hashed(code, coordinates), first, *coordinates[1:]]
    place = code.at("%found", LANES * emitter.area)
    emitter.area += area.size
    for i, vector in enumerate(vectors):
        kind = f"<{LANES} x i64>" if i in _hashes(area) else VECTOR
        code.store(kind, vector, place, LANES * i)
    word = emitter.take_words(DESCRIPTION)
    emitter.matches[number] = word
    found = code.at("%found", LANES * emitter.area)
    for output in range(_outputs(scan) if outputs else 0):
        _slot(emitter, number, output)
    fallback = code.at("%carried", default) if scan.default else "@unknown"
    arguments = f"ptr {code.at('%words', word)}, ptr {fallback}, ptr {place}, ptr {found}"
    code.do(f"call void @match{number}({arguments})")
    table = emitter.layout.tables[number]
    emitter.functions.append(match_function(f"match{number}", area, table))
    _note_full(emitter, word)


def _note_full(emitter: Emitter, word: int) -> None:
    code = emitter.code
    count, limit = code.load("i64", "%words", word + COUNT), code.load("i64", "%words", word + LIMIT)
    full = code.emit(f"zext i1 {code.emit(f'icmp sge i64 {count}, {limit}')} to i64")
    code.store("i64", code.emit(f"or i64 {code.load('i64', '%words', FULL)}, {full}"), "%words", FULL)


def _set_default(emitter: Emitter, values: Sequence[str], word: int) -> None:
    code = emitter.code
    first, later = code.new("first"), code.new("later")
    code.branch(emitter.is_first, first, later)
    code.block(first)
    for i, value in enumerate(values):
        code.store("double", code.lane(value, 0), "%carried", word + i)
    code.do(f"br label %{later}")
    code.block(later)


def _norm(emitter: Emitter, coordinates: Sequence[str]) -> str:
    code = emitter.code
    squares = [code.of("fmul", x, x) for x in coordinates]
    return code.linear(0.0, [(1.0, square) for square in squares])


def _short(emitter: Emitter, nodes: Sequence[int], norm: str) -> str:
    """Where coordinates are integers, and their squared length exact."""
    code = emitter.code
    whole = code.compare("ole", norm, splat(LONGEST))
    for node in nodes:
        if not emitter.graph.whole[node] or emitter.graph.doubtful[node]:
            x = emitter.value(node)
            whole = code.mask("and", whole, code.compare("oeq", code.call("rint", x), x))
    return whole


def _eligible(emitter: Emitter, scan: MatchScan, keys: Sequence[str]) -> str:
    """Which positions can match, once it is clear that all others cannot."""
    code = emitter.code
    square, own = emitter.known(scan.name, [scan.key_square, scan.eligible])
    norm = _norm(emitter, keys)
    c = code.of("fsub", code.of("fadd", code.of("fsub", square, norm), splat(1)), own)
    if scan.default:
        # -1/2 at the first position, which never matches: its key is 0, its key_square makes up for `eligible`.
        wrong = code.compare("une", c, splat(1))
        for key in keys:
            wrong = code.mask("or", wrong, code.compare("une", key, splat(0)))
        first = ", ".join(["i1 true", *["i1 false"] * (LANES - 1)])
        first = code.emit(f"select i1 {emitter.is_first}, {MASK} <{first}>, {MASK} zeroinitializer")
        emitter.fail_where(code.mask("and", wrong, first), f"the default of {scan.name} does not score -1/2")
    eligible = code.compare("oeq", c, splat(0))
    regular = code.mask("and", eligible, _short(emitter, scan.keys, norm))
    regular = code.mask("or", regular, code.compare("oge", c, splat(1.0 if scan.default else 0.5)))
    emitter.fail_where(code.inverted(regular), f"a key of {scan.name} is not an integer point with its squared length")
    return eligible


def _hashes(area: MatchArea) -> set[int]:
    return {0, *(area.query(number) for number in range(len(area.scan.queries)))}


def _outputs(scan: Scan) -> int:
    match scan:
        case AtScan():
            return int(scan.table.shape[1]) + len(scan.kept)
        case MatchScan():
            return sum(len(query.outputs) for query in scan.queries)
    return len(scan.values)
