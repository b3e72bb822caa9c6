"""What tokens are called in a prompt that is written for an exported machine; imports no PyTorch, as commands start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from interpreter.export import NotExportable


def token_names(vocabulary: Sequence[Any]) -> list[str]:
    """What the tokens are called where white space parts them: as they are printed, without white space.

    Raises:
        NotExportable: two tokens are printed alike, or one as nothing.
    """
    names = ["".join(str(token).split()) for token in vocabulary]
    if "" in names:
        raise NotExportable(f"token number {names.index('')} is printed as nothing; have its class print a name")
    if len(set(names)) < len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise NotExportable(f"two tokens are both printed as {twice!r}; have their class print them apart")
    return names
