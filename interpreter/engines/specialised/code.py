"""The machine code of fragments: drafts of all that count where each goes on, and better code of those that pay.

A draft is made of each fragment once, and again where it is left often for want of code that goes straight on. The
order in which fragments are tried is the same for all code: all is made again when that changes, else two that fail at
once might send a run to each other for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from compiler.collector import collector_paused
from interpreter.engines.indexed.memory import Table
from interpreter.engines.machine_code import NUMBER, POINTER, Loaded, Target, host, parsed_module
from interpreter.engines.specialised.directory import Directory, Fixed, Words, index, keys
from interpreter.engines.specialised.drive import ARRAYS, text
from interpreter.engines.specialised.fragment import Fragment
from interpreter.engines.specialised.joining import Edge, Exit
from interpreter.engines.specialised.policy import FUNCTIONS, Shared
from interpreter.engines.specialised.recorder import Parts
from interpreter.engines.specialised.region import Region
from interpreter.engines.specialised.support import longest_key

_OFTEN, _FEWEST = 1 / 1000, 20
"""A way out of a fragment that was taken in so many of all passages, and so often, gets code of its own."""
_MUCH = 1 / 100
"""It pays to make code of ways out that together were taken in so many of all passages."""
_GROWN = 4
"""The order is looked at again when there are so many times as many fragments."""


@dataclass(frozen=True)
class _Module:
    """owner: of its code; first: where in the counts it counts how often each of `exits` was taken, then `edges`."""

    owner: Loaded
    first: int
    exits: Sequence[Exit]
    edges: Sequence[Edge]


class Code:
    """Of all fragments.

    Attributes:
        drive: see there; None: there is none yet. words: see `Shared` and `FUNCTIONS`, after these counts.
        fixed: where the row of a constant key is kept; joined: copies that optimised code has; version: another number
            whenever something has been compiled.
    """

    def __init__(self, parts: Parts, tables: Sequence[Table], most: int) -> None:
        """most: fragments."""
        self._parts, self._tables, self._most = parts, tables, most
        self.drive: Any = None
        self._driver: Loaded | None = None
        words = [table.word for table in tables]
        indices = [place.index for place in parts.state.kept.values() if place.index is not None]
        self._defaults = {words.index(i.table.word): i.default for i in indices if i.default is not None}
        self._header = np.zeros(FUNCTIONS, dtype=np.int64)
        self._arrays: list[Words] = []
        self._keys = self._index = self._header
        self._begun = FUNCTIONS + most
        self.words = np.zeros(FUNCTIONS + 2 * most, dtype=np.int64)
        self.fixed: Fixed = {}
        self.joined = self.version = 0
        self._first = len(self.words)
        self._drafts: dict[int, int] = {}
        self._known: dict[int, int] = {}
        self._modules: list[_Module] = []
        self._better: _Module | None = None
        self._hot: set[Exit] = set()
        self._edges: Counter[Edge] = Counter()
        self._order: list[int] = []
        self._ordered = 0

    @collector_paused()
    def draft(self, fragments: Sequence[Fragment]) -> int:
        """Makes what is missing; of how many tokens."""
        left, edges = self._passed()
        often = self._often(left, edges)
        roots = self._stale(fragments, often) | set(range(len(self._order), len(fragments)))
        self._hot |= often.keys()
        self._order += range(len(self._order), len(fragments))
        if len(fragments) >= _GROWN * self._ordered:
            self._sort(left, edges)
            self._ordered, self._modules, roots = len(fragments), [], set(self._order)
        directory = Directory(self._parts.state, fragments, self._order)
        region = self._region(directory)
        text = region.draft(sorted(roots), self._hot)
        module = self._compiled(region, text, False)
        self._modules.append(module)
        self._drafts |= {n: module.owner.address(f"f{n}") for n in roots}
        self._known |= dict.fromkeys(roots, len(fragments))
        self._better, self.joined = None, 0
        if self.drive is None:
            self._start()
        self._show(directory)
        self._install({})
        return sum(len(fragments[n].steps) for n in roots)

    @collector_paused()
    def optimise(self, fragments: Sequence[Fragment]) -> None:
        """Makes better code of the fragments that are begun often, with what has been counted."""
        _, edges = self._passed()
        self._edges = edges or self._edges
        region = self._region(Directory(self._parts.state, fragments[: len(self._order)], self._order))
        text = region.optimised(self._edges, self._hot)
        self._better = module = self._compiled(region, text, True)
        self.joined = sum(len(list(region.trees[n].copies())) for n in region.roots)
        self._install({n: module.owner.address(f"f{n}") for n in region.roots})

    def is_worth_drafting(self, fragments: Sequence[Fragment]) -> bool:
        """Whether fragments are left often for want of code that goes straight on."""
        left, edges = self._passed()
        often = self._often(left, edges)
        stale = self._stale(fragments, often)
        missing = sum(times for way, times in often.items() if way[0] in stale)
        return missing > _MUCH * (sum(left.values()) + sum(edges.values()))

    def _often(self, left: Counter[Exit], edges: Counter[Edge]) -> dict[Exit, int]:
        """The ways out that were taken often."""
        least = max(_OFTEN * (sum(left.values()) + sum(edges.values())), _FEWEST)
        return {way: times for way, times in left.items() if times >= least}

    def _stale(self, fragments: Sequence[Fragment], often: Iterable[Exit]) -> set[int]:
        """Fragments that are left often where code could go straight on now."""
        return {
            n
            for n, k, otherwise in often
            if self._known[n] < len(fragments) or (k < len(fragments[n].steps) and (n, k, otherwise) not in self._hot)
        }

    def _passed(self) -> tuple[Counter[Exit], Counter[Edge]]:
        """How often fragments have been left for nothing in particular, and for which others, since the last time."""
        left, edges = Counter[Exit](), Counter[Edge]()
        for n, count in enumerate(self.words[self._begun : self._first].tolist()):
            if count:
                edges[(-1, 0, None), n] = count
        for module in [*self._modules, *([self._better] if self._better else [])]:
            counts = self.words[module.first :].tolist()
            for way, count in zip(module.exits, counts):
                if count:
                    left[way] += count
            for edge, count in zip(module.edges, counts[len(module.exits) :]):
                if count:
                    edges[edge] += count
        return left, edges

    def _sort(self, left: Counter[Exit], edges: Counter[Edge]) -> None:
        """By how many tokens each fragment does when it is tried."""
        tried, done = Counter[int](), Counter[int]()
        for (n, k, _), count in [*left.items(), *((way, count) for (way, _), count in edges.items())]:
            tried[n] += count
            done[n] += k * count
        gains = {n: done[n] / count for n, count in tried.items()}
        self._order.sort(key=lambda n: -gains.get(n, 0.0))

    def _region(self, directory: Directory) -> Region:
        parts = self._parts
        first = max((m.first + len(m.exits) + len(m.edges) for m in self._modules), default=self._first)
        return Region(parts.state, self._tables, parts.columns, directory, self.fixed, self._defaults, first)

    def _start(self) -> None:
        """Compiles `drive`."""
        state, target = self._parts.state, host()
        code = target.kept_code(text(self._tables, self._most, state.size, state.weights.width))
        self._driver = target.loaded(code)
        self.drive = self._driver.function("drive", NUMBER, *[POINTER] * 4, *[NUMBER] * 3, *[POINTER] * 3)

    def _show(self, directory: Directory) -> None:
        """From now on `drive` knows these fragments."""
        self._arrays = [*directory.chains(), *directory.records(), *directory.told()]
        words = self._header
        words[Shared.MAIN] = -1 if directory.main is None else directory.state.slots[directory.main]
        words[Shared.VALUES] = len(self._arrays[0])
        for name, array in zip(ARRAYS, self._arrays, strict=True):
            words[name] = array.ctypes.data

    def _compiled(self, region: Region, text: str, optimise: bool) -> _Module:
        target = host()
        owner = target.loaded(compiled_object(target, text, optimise))
        return _Module(owner, region.first, region.exits, region.edges)

    def _install(self, better: dict[int, int]) -> None:
        """From now on the newest code is what runs, and is counted anew."""
        module = self._better or self._modules[-1]
        words: Words = np.zeros(module.first + len(module.exits) + len(module.edges), dtype=np.int64)
        words[:FUNCTIONS] = self._header
        longest = longest_key(self._tables)
        self._keys = keys(self.fixed, self._defaults, longest)
        self._index, words[Shared.INDEX_SHIFT] = index(self.fixed, longest)
        words[Shared.KEYS], words[Shared.KEY_COUNT] = self._keys.ctypes.data, len(self.fixed)
        words[Shared.INDEX] = self._index.ctypes.data
        for n, address in (self._drafts | better).items():
            words[FUNCTIONS + n] = address
        self.words = words
        self.version += 1


def compiled_object(target: Target, text: str, optimise: bool) -> bytes:
    """Object code, by few passes: the pipelines of LLVM take time in proportion to the square of such a function."""
    module, machine = parsed_module(text), target.machine(3 if optimise else 0)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    if optimise:
        passes.add_simplify_cfg_pass()
        passes.add_instruction_combine_pass()
        passes.add_new_gvn_pass()
        passes.add_jump_threading_pass()
        passes.add_dead_store_elimination_pass()
        passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))
