"""Draw pictures of generated products from shapes.toml."""
