"""Search over HTTP: the catalogue's projection into the search engine, and the questions to it."""
