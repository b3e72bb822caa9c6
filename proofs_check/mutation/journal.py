"""What a long run has found so far, so that the next one goes on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from compiler.machines.schema import SchemaError, Text, checked, parsed
from compiler.storage.cache import cache_folder
from interpreter.runs.certified import BEGINNINGS, sources_sha256


class Journal:
    """Answers by key, one JSON line each, in a file that belongs to these weights, proofs and mutants."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.answers: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    key, answer = checked(parsed(line), tuple[Text, Any])
                except SchemaError:
                    continue  # the line that was being written when the run was cut off
                self.answers[key] = answer

    def put(self, key: str, answer: Any) -> None:
        """Notes an answer, on the disk if there is a file."""
        self.answers[key] = answer
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, answer]) + "\n")


def journal_path(weights_sha256: str, what: str) -> Path:
    """Of a run over `what`, on these weights and by the sources that are here."""
    sources = sources_sha256((*BEGINNINGS, "proofs_check.mutation.__main__"))
    return cache_folder() / "mutation" / f"{weights_sha256[:16]}-{sources[:16]}-{what}.jsonl"
