"""Marks of a search."""
