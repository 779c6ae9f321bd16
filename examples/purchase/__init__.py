"""A purchase from the search to the refund; `__main__.py` runs it."""
