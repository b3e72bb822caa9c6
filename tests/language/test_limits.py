"""Sources that are refused before they are parsed."""

from __future__ import annotations

import pytest

from compiler import compile_program
from compiler.language.errors import SourceError
from compiler.language.limits import too_many_constants

COMMENT = "#" + "." * 200_000 + "\n"


@pytest.mark.parametrize(
    ("source", "refused_at"),
    [
        ("x = [1, 2, 3, 4]\n", (2, 15)),
        ("x = ['a', \"b\", '''c\n''', 4]\n", (3, 6)),
        ("x = [1, 2, 3, 1, 2, 'a' 'b' 'c' # 5 6 7\n 'd', a1, b2, 3]\n", (2, 21)),
        ("x = [1, 2, 3, 1, 2, # 5 6 7\n a1, b2, 3, '\\'4']\n", (3, 13)),
        ("x = [1, 2, 3, 1, 2, # '5' 6 7\n a1, b2, 3]\n", None),
        ("x = ['5 6 7', '''8 9\n10 ' 11''', \"12 ' 13\"]\n", None),
    ],
)
def test_different_numbers_and_texts(source: str, refused_at: tuple[int, int] | None) -> None:
    assert too_many_constants(source, 3) is None
    found = too_many_constants(COMMENT + source, 3)
    assert (found and (found.span.line, found.span.column)) == refused_at


def test_more_constants_than_cells() -> None:
    with pytest.raises(SourceError, match="more than 39,000 different numbers and texts"):
        compile_program(f"x = {list(range(40_000))}\n")
