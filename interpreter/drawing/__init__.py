"""Pictures as SVG: of a circuit (`circuit_picture`), and of the attention of a run (`attention_picture`)."""
