"""The indexed engine."""

from interpreter.engines.indexed.engine import IndexedEngine, IndexingError
from interpreter.engines.indexed.plan import NotIndexable

__all__ = ["IndexedEngine", "IndexingError", "NotIndexable"]
