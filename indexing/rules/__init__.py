"""Synonyms and query rules: pure values, and what they change about a search.

docs/decisions/search-rules.md describes the design.
"""
