"""The machines: a folder each, with tokens, the machine in plain Python, its circuit and its prompts."""
