"""Specialising a transformer to its prompt, in the weights; `specialised` is the page to begin with."""

from compiler.specialising.graph import NotSpecialisable
from compiler.specialising.specialised import Specialised, specialise

__all__ = ["NotSpecialisable", "Specialised", "specialise"]
