"""Search over HTTP, and the projection of the catalogue into the search engine."""
