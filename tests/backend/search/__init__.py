"""Search over HTTP, and how changes reach the index."""
