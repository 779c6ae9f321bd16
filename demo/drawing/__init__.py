"""Draws pictures of generated products from shapes.toml."""
