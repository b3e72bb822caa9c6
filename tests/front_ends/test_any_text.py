"""Whatever a text says, a front end makes a prompt of it or a SourceError with a place; nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.front_ends import FORMATS, compile_machine
from compiler.language.errors import SourceError
from compiler.machines.ram.isa import Layout, Opcode

WORDS = {
    "bf": [*"+-<>.,[]", "\n"],
    "coin": ["1RB", "0LA", "1RB/0LA", "---", "1RZ/1LA", "_", "/", "\n", ";"],
    "counter": ["inc", "dec", "else", "goto", "halt", "x", "y", "l:", "l", "=", "5", "\n"],
    "ptm": ["A0", "A1", "AL", "AR", "B0", "BR", "A?+1", "A!-1", "A?+", "#", "+", ";", "\n"],
    "ram": [*Opcode.__members__, *"g0 g700 s0 n0 x l: ->l ->0 cell name heap input free entry raises = * 5 -1".split(),
            *["'a'", "'ab'", "'", '"x"', "\n", ";", "999999"]],
    "subleq": ["0", "1", "-1", "-2", "+3", "--1", "99999999", "data", "x", "#", ";", "\n"],
    "tm": ["1RB", "0LA", "---", "1RZ", "_", "2LB", "R", "\n", ";"],
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60)
def test_any_text(name: str, data: st.DataObject) -> None:
    words = st.lists(st.sampled_from(WORDS[name]), max_size=12)
    separators = st.sampled_from(["", " "])
    text = data.draw(st.text(max_size=20) | st.builds(lambda parts, between: between.join(parts), words, separators))
    (construction, *_) = FORMATS[name].modules
    layout = data.draw(st.sampled_from([None, Layout(base=300), Layout(base=20, groups=3)]))
    try:
        prompt = compile_machine(name, text, "x", layout=layout, construction=construction)
    except SourceError as error:
        assert error.render().startswith(f"x:{error.span.line}:{error.span.column}: error: ")
        assert 1 <= error.span.line <= len(text.split("\n")) + 1
        return
    assert len(prompt.numbers) > 0
