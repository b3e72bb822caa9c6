"""Every query that z3 is asked, written down as SMT-LIB 2 and asked again of cvc5, which shares no code with it.

The proofs trust z3's *unsat*: no such path, no counterexample. A file holds one whole question and z3's answer
(`set-info :status`), so that any solver can be asked.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cvc5

from proofs_check.lemma import Lemma, NotProved
from proofs_check.symbolic.solver import TIMEOUT, Query, heard_by


@dataclass
class SecondOpinion:
    """Hears the queries of a check.

    Attributes:
        folder: each distinct query is written there, in a folder for its lemma: `path-12-query-3.smt2` is the third
            one on the twelfth path. None: only those on which the solvers do not agree, in a new temporary folder.
        ask: of how many distinct queries one is asked of cvc5; 0 for none.
        queries, distinct, asked: how many there were so far.
    """

    folder: Path | None = None
    ask: int = 1
    queries: int = 0
    distinct: int = 0
    asked: int = 0
    _seen: set[bytes] = field(default_factory=set)
    _lemma: str = ""
    _numbers: dict[int, int] = field(default_factory=dict)

    @contextmanager
    def about(self, lemma: Lemma) -> Iterator[None]:
        """Hears what is asked inside, for this lemma.

        A query on which cvc5 does not say what z3 says raises NotProved there, with the file's name. OSError: the
        folder cannot be written.
        """
        self._lemma, self._numbers = re.sub(r"[^A-Za-z0-9]+", "-", lemma.name).strip("-"), {}
        with heard_by(self._hear):
            yield

    def __str__(self) -> str:
        return f"{self.queries:,} queries, {self.distinct:,} distinct; cvc5 agrees on {self.asked:,}"

    def _hear(self, query: Query) -> None:
        self.queries += 1
        self._numbers[query.path] = self._numbers.get(query.path, 0) + 1
        digest = hashlib.sha256(query.text.encode()).digest()
        if digest in self._seen:
            return
        self._seen.add(digest)
        self.distinct += 1
        if self.folder is not None:
            self._write(self.folder, query)
        if self.ask and (self.distinct - 1) % self.ask == 0:
            answer = cvc5_answer(query.text)
            if answer != query.answer or answer == "unknown":
                file = self._write(self.folder or Path(tempfile.mkdtemp(prefix="smt2-")), query)
                raise NotProved(f"z3 says {query.answer}, cvc5 says {answer}: {file}")
            self.asked += 1

    def _write(self, folder: Path, query: Query) -> Path:
        file = folder / self._lemma / f"path-{query.path}-query-{self._numbers[query.path]}.smt2"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(query.text, encoding="utf-8")
        return file


def cvc5_answer(text: str) -> str:
    """What cvc5 says to a question in SMT-LIB 2: "sat", "unsat" or "unknown", after `TIMEOUT` at the latest."""
    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(TIMEOUT))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "query")
    symbols = parser.getSymbolManager()
    said = []
    while not (command := parser.nextCommand()).isNull():
        said.append(str(command.invoke(solver, symbols)).strip())
    return next((line for line in reversed(said) if line), "unknown")
