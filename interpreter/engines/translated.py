"""An engine for a specialised transformer that is given the prompts of the original, and gives its tokens."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.machines.specialised.specialised import Specialised
from interpreter.engines.engine import Engine, Tokens


class TranslatedEngine:
    """Another engine, made for the specialised machine, behind the token numbers of the original.

    So all that reads the runs of the original reads those of the specialised transformer as well.
    """

    def __init__(self, engine: Engine, specialised: Specialised) -> None:
        self.engine, self.specialised, self.name = engine, specialised, engine.name

    def decode(self, prompt: Tokens, max_tokens: int | None = None) -> Iterator[Tokens]:
        """See `Engine`.

        Raises:
            NotSpecialisable: the prompt is not one of the program that the transformer was specialised to.
        """
        for chunk in self.engine.decode(self.specialised.shortened(prompt), max_tokens):
            yield self.specialised.original(chunk)
