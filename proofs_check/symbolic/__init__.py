"""Symbolic execution: polynomials over integer variables, path by path, with z3 to tell which paths exist."""
