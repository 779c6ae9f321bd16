"""Understand a query: prices, words that must not be there, quoted phrases, and words that add no meaning.

The rest of the query is planned and searched as usual. docs/decisions/search-understanding.md describes the
design.
"""
