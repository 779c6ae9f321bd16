"""The search engine, without Django."""
