"""The stages of the RAM's circuit: each takes what it reads and returns what it computes, in frozen dataclasses.

`compiler.machines.ram.circuit` puts them in order. Where a stage adds wires or heads, that order is theirs in the
weights, too.
"""
