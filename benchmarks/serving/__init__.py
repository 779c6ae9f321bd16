"""Recommendations beside a view with the same authentication that only reads a key of Redis."""
