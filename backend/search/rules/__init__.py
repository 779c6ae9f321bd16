"""Synonyms and query rules, which staff edit.

docs/decisions/search-rules.md describes the design.
"""
