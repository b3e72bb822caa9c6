"""What a verification carries from position to position, and where it is: numbers of the scans, and tables by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interpreter.verification.compiled.graph import AtScan, LatestScan, MatchScan, PreviousScan, Scan, SumScan


@dataclass(frozen=True)
class TableLayout:
    """The rows of the hash table of a match scan: keys, then values, then what fills up to a power of two."""

    keys: int
    values: int

    @property
    def log_row(self) -> int:
        """A row takes 2**log_row words."""
        return (self.keys + self.values - 1).bit_length()

    @property
    def row(self) -> int:
        """Words in a row."""
        return 1 << self.log_row


@dataclass(frozen=True)
class Layout:
    """carried[s]: where the numbers of scan s begin; size: of all of them; tables[s]: of the match scans.

    A sum scan carries its sums, a previous scan the last values, a latest scan the best score and the values there, a
    match scan with a default the values of position 0, an At scan nothing but what it keeps of every position.
    """

    carried: tuple[int, ...]
    size: int
    tables: dict[int, TableLayout]

    def end(self, scan: int) -> int:
        """Where the numbers of a scan end."""
        return self.carried[scan + 1] if scan + 1 < len(self.carried) else self.size

    @staticmethod
    def of(scans: Sequence[Scan]) -> Layout:
        """Where each scan keeps its numbers, one after the other."""
        places, size, tables = [], 0, {}
        for number, scan in enumerate(scans):
            places.append(size)
            match scan:
                case SumScan() | PreviousScan():
                    size += len(scan.values)
                case LatestScan():
                    size += 1 + len(scan.values)
                case MatchScan():
                    size += len(scan.values)
                    tables[number] = TableLayout(len(scan.keys), len(scan.values))
                case AtScan():
                    pass
        return Layout(tuple(places), size, tables)
