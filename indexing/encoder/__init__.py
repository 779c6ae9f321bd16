"""The sentence encoder of hybrid search, an optional part (the extra `semantic`).

The package has no imports at its top that need the extra: a shop without VITRINE_ENCODER never loads it.
"""
