"""Python as a whole: its grammar for Lark, and a builder that gives the node classes of `ast` as plain data."""
