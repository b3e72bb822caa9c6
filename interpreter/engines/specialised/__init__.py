"""The specialised engine: the transformer specialised to its prompt, while it runs."""

from interpreter.engines.specialised.engine import Policy, SpecialisedEngine

__all__ = ["Policy", "SpecialisedEngine"]
