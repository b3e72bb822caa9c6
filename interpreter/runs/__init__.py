"""Runs: decoding a prompt to its end, what a certificate allows, and runs of one task side by side."""
