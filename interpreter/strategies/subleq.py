"""Random programs of both dialects of SUBLEQ, as lists of integers."""

from __future__ import annotations

from hypothesis import strategies as st


def subleq_programs(size: int) -> st.SearchStrategy[list[int]]:
    """Cells for a memory of `size` of them: any numbers, or code that changes what it reads and little else."""
    return _numbers(size) | _pointers(size)


@st.composite
def _numbers(draw: st.DrawFn, size: int, max_cells: int = 24) -> list[int]:
    """Most numbers are small addresses, and so is what a program may change them to."""
    cells = draw(st.integers(3, max_cells))
    number = (
        st.integers(0, cells)
        | st.integers(0, cells // 3).map(lambda i: 3 * i)
        | st.just(-1)
        | st.integers(-3, 2000)
        | st.integers(size - 3, size + 1)
    )
    return draw(st.lists(number, min_size=cells, max_size=cells))


@st.composite
def _pointers(draw: st.DrawFn, size: int, max_code: int = 6, max_data: int = 5) -> list[int]:
    """Instructions one after the other, then data; what is written to are data and, at times, operands."""
    count, data = draw(st.integers(1, max_code)), draw(st.integers(1, max_data))
    start = st.integers(0, count - 1).map(lambda i: 3 * i)
    place = st.integers(3 * count, 3 * count + data - 1)
    a = place | start | st.just(-1)
    b = place | place | place | start | start | st.integers(0, 3 * count - 1) | st.just(-1)
    c = start | st.just(-1) | st.just(3 * count)
    code = [number for _ in range(count) for number in (draw(a), draw(b), draw(c))]
    values = st.integers(-2, 3) | place | st.integers(60, 70) | st.integers(size - 1, size)
    return code + draw(st.lists(values, min_size=data, max_size=data))


@st.composite
def separate_programs(draw: st.DrawFn, max_size: int = 8) -> tuple[list[int], list[int]]:
    """Code whose addresses and targets all exist, and what memory holds at first."""
    size = draw(st.integers(1, max_size))
    address, target = st.integers(0, 3), st.integers(-1, size - 1)
    anything = st.just(-1) | address
    operands = st.tuples(anything, address) | st.tuples(address, anything)
    code = [draw(operands) + (draw(target),) for _ in range(size)]
    data = draw(st.lists(st.integers(-5, 5) | st.integers(-(10**7), 10**7), max_size=5))
    return [number for instruction in code for number in instruction], data
