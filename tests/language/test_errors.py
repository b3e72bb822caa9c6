"""How errors look: the caret stands under what is wrong, whatever comes before it in the line."""

from __future__ import annotations

import pytest

from compiler.language.checker import check_source
from compiler.language.errors import SourceError


def rendered(source: str, filename: str = "collatz.py") -> str:
    with pytest.raises(SourceError) as caught:
        check_source(source, filename)
    assert str(caught.value) == caught.value.render()
    return caught.value.render()


def test_whole_message() -> None:
    assert rendered("n = 6\nwhile n:\n    n = n / 2\n") == (
        "collatz.py:3:11: error: `/` makes a float, which this language does not have\n"
        "        n = n / 2\n"
        "              ^\n"
        "hint: write `//` for floor division"
    )


def test_tabs_stay_tabs() -> None:
    _, line, caret, _ = rendered("if 1:\n\tx = 1\t/ 2\n").split("\n")
    assert line == "    \tx = 1\t/ 2"
    assert caret == "    \t     \t^"


def test_wide_and_combining_characters() -> None:
    _, line, caret, _ = rendered("x = '日本e\u0301' / 2\n").split("\n")
    assert line == "    x = '日本e\u0301' / 2"
    assert caret == "    " + " " * len("x = '") + " " * 5 + " " * len("' ") + "^"


def test_several_characters_are_underlined() -> None:
    _, _, caret, _ = rendered("total = total1 + 1\n").split("\n")
    assert caret == "            ^^^^^^"


def test_an_error_over_several_lines_is_underlined_in_the_first() -> None:
    _, line, caret, _ = rendered("x = ['a',\n     'b'] + 'c'\n").split("\n")
    assert line == "    x = ['a',"
    assert caret == "        ^^^^^"


def test_long_lines_are_cut() -> None:
    message = rendered("x = " + "1 + " * 50 + "2 / 3\n")
    _, line, caret, _ = message.split("\n")
    assert len(line) < 170
    assert line[caret.index("^")] == "/"


def test_line_ends_of_other_systems() -> None:
    for end in ("\r\n", "\r"):
        assert "collatz.py:2:7: " in rendered(f"x = 1{end}y = x / 2{end}")


def test_clash_names_both_kinds_and_the_line() -> None:
    assert rendered("x = 1\n\nx = 'a'\n") == (
        "collatz.py:3:5: error: `x` is a string here, but an integer before (line 1)\n"
        "    x = 'a'\n"
        "        ^^^\n"
        "hint: write `int(…)` or `str(…)` to convert"
    )
