"""How good a search is: judgments by people, and the marks of a ranking against them."""
