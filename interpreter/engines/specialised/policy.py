"""When what is done, and what has been done: all of the package that short runs need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


@dataclass
class Policy:
    """When to do what. By default recording and compiling may take a third of the time that the tokens took which had
    to be left to the indexed engine, and besides what the fragments have saved so far: then a run never takes longer
    than a third more than on the indexed engine, whatever comes of it. Tests try everything at once.

    Attributes:
        after: tokens of a prompt, of all its runs, after which it is specialised.
        thrift: for a second of recording and compiling, so many seconds of the indexed engine; 0: no limit.
        patience: tokens that are left to the indexed engine before the next fragment is recorded.
        longest: tokens of a fragment at most.
        batch: fragments that are recorded before they are compiled; later as many as there are already, so that
            compiling all of them again takes time in proportion to the last time.
        most: tokens of all fragments at most.
        seconds: of recording and compiling at most, CPU time.
        optimise: the emitted code, once it has run for as long as that takes.
    """

    after: int = 2**22
    thrift: float = 3.0
    patience: int = 200
    longest: int = 24
    batch: int = 4
    most: int = 6000
    seconds: float = math.inf
    optimise: bool = True


EAGER = Policy(after=0, thrift=0.0, patience=50)
"""Everything at once, however long that takes: for measurements of what comes after."""


class Shared(IntEnum):
    """Words that Python and all code share.

    COLD, FAILED: tokens left to the indexed engine, and guards that failed where no code goes straight on.
    PATIENCE: how many tokens may be left to the indexed engine before `drive` returns.
    The others are of `Directory`: numbers, and addresses of arrays.
    """

    COLD = 0
    FAILED = 1
    PATIENCE = 2
    KEYS = 3
    INDEX = 4
    INDEX_SHIFT = 5
    KEY_COUNT = 6
    MAIN = 7
    VALUES = 8
    FIRST = 9
    FOLLOWING = 10
    STARTS = 11
    RECORDS = 12
    TOLD_STARTS = 13
    TOLD = 14


FUNCTIONS = len(Shared)
"""After these words come the addresses of the functions of fragments, then how often `drive` began each."""


@dataclass
class Statistics:
    """What has been specialised.

    Attributes:
        fragments, steps: how many, and how many tokens they have.
        seconds: of recording and compiling, CPU time.
        saved: what the indexed engine would have taken longer than the fragments did, about.
        compiled: how often.
        cold: tokens left to the indexed engine.
        failed: guards that failed where no code goes straight on to another fragment.
        joined: copies of fragments that the latest code has after others.
    """

    fragments: int = 0
    steps: int = 0
    seconds: float = 0.0
    saved: float = 0.0
    compiled: int = 0
    cold: int = 0
    failed: int = 0
    joined: int = 0
