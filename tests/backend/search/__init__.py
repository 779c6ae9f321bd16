"""Search over HTTP, and the way of a change into the index."""
