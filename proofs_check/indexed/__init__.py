"""The indexed engine beside the tensors: what it compiles are their rows, and its code computes what they mean."""
