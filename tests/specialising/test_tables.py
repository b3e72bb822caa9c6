"""Tables as neurons, on every integer and near it: exact, whatever rounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.circuits.circuit import FIRST, PARITY, POSITION, SQUARE
from compiler.circuits.expressions import ONE, Expression, Wire
from compiler.circuits.weights import Array
from compiler.specialising.evaluation import neurons_evaluated, read
from compiler.specialising.tables import ONE_STAGE, Tables

X, Y, MISSING, TOTAL = map(Wire, ("x", "y", "missing", "square"))


def carried(tables: Tables, **values: Array) -> dict[Wire, Array]:
    """All wires, where some have these values; tables are made in the order in which they are read."""
    wires = {Wire(name): value for name, value in values.items()}
    size = len(next(iter(wires.values())))
    wires |= {ONE: np.ones(size)} | {w: np.zeros(size) for w in (POSITION, SQUARE, PARITY, FIRST)}
    for wire, neurons in tables.computed.items():
        wires[wire] = neurons_evaluated(neurons, wires)
    return wires


@pytest.mark.parametrize("size", [0, 1, 5, ONE_STAGE, ONE_STAGE + 1, 400])
@pytest.mark.parametrize("off", [0.0, 0.25, -0.25, 1e-9, -1 / 3 + 0.1])
def test_an_integer_is_made_exact(size: int, off: float) -> None:
    low, tables = -3, Tables()
    exact = tables.exact("number", Expression({X: 1}, {}), low, low + size)
    integers = np.arange(low - 5, low + size + 1, dtype=np.float64)
    found = read(exact, carried(tables, x=integers + off))
    assert np.array_equal(found, np.maximum(integers, low))


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40), st.integers(-5, 5))
def test_a_function_is_its_table(column: list[int], low: int) -> None:
    tables, wire = Tables(), Wire("f")
    made = tables.function(Expression({X: 1}, {}), low, {wire: np.array(column, dtype=np.float64)})
    x = np.arange(low - 3, low + len(column) + 3)
    wanted = np.array(column)[np.clip(x - low, 0, len(column) - 1)]
    assert np.array_equal(read(made[wire], carried(tables, x=x.astype(np.float64))), wanted)


points = st.tuples(st.integers(-4, 4), st.integers(-4, 4))


@given(
    st.dictionaries(points, st.integers(-9, 9), max_size=12), st.lists(points, min_size=1, max_size=12), st.booleans()
)
def test_an_entry_answers_where_nothing_else_does(
    entries: dict[tuple[int, int], int], queries: list[tuple[int, int]], missing: bool
) -> None:
    tables, wire = Tables(), Wire("f")
    x, y = (Expression({w: 1}, {}) for w in (X, Y))
    square = tables.squares("square", [x, y])
    keys = {(float(a), float(b)): {wire: float(v)} for (a, b), v in entries.items()}
    added = tables.matches(Expression({MISSING: 1}, {}), [x, y], square, keys)
    asked = np.array(queries, dtype=np.float64).T
    wires = carried(tables, x=asked[0], y=asked[1], missing=np.full(len(queries), float(missing)))
    wanted = [entries.get(query, 0) if missing else 0 for query in queries]
    assert np.array_equal(read(added.get(wire, Expression({}, {})), wires), wanted)
