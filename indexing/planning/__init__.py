"""Plan a search: what a query's words mean, in needs that may span several words.

The plan is made in Python from the lexicon of the generation. Engines only translate it; therefore both rank
in the same way, and the rules can be tested without an engine. See docs/decisions/search-words.md.
"""
