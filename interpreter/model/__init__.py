"""The transformer itself: a plain PyTorch module, and what can be said of its weights in numbers."""
