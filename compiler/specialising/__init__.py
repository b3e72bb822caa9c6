"""Specialising a transformer to its prompt, in the weights; `specialising` is the page to begin with."""

from compiler.machines.specialised.specialised import NotSpecialisable, Specialised
from compiler.specialising.specialising import specialise

__all__ = ["NotSpecialisable", "Specialised", "specialise"]
