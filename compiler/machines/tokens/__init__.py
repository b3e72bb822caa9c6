"""Prompts of any machine: its tokens, as its codec reads them from a text."""
