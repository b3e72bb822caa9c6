"""Reference interpreters, of the syntax tree and of RAM code: what the transformer is compared with."""
