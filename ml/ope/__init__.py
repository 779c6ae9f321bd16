"""Counterfactual evaluation: what a version's order of the shown products would have earned.

The log has lists that were shuffled with a declared probability, so that each product's probability of its
position is known. docs/counterfactual-evaluation.md has the assumptions and the sources.
"""
