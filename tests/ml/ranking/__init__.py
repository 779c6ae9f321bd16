"""Metrics of a search."""
