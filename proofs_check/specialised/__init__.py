"""Lemmas about specialised transformers: that they do what the universal one does after their prompt."""
