"""Exploration: a share of the lists is shown in random order, so that other orders can be evaluated.

A list by rank shows each product at one position only, and the log can't say what another order would have
led to. With probability `share` all products of a list are shuffled, each order equally likely. The
propensity of a product at a position is the probability that this policy shows it there; it is positive for
each product at each position, as estimates by inverse propensities need it (Strehl, Langford, Li and Kakade,
Learning from Logged Implicit Exploration Data, NIPS 2010).
"""

import random
from typing import NamedTuple

MOST = 0.2
"""The greatest share, because shuffled lists are worse ones."""


class Order(NamedTuple):
    """The products' places by rank, in the order shown, and the propensity of each at its position."""

    places: list[int]
    propensities: list[float]


def shown_order(products: int, *, share: float, seed: int) -> Order:
    """Return the order in which so many products are shown, best first.

    The same `seed` gives the same order. The propensities are those given the products of the list. Without
    exploration (`share` 0) they are empty.
    """
    places = list(range(products))
    if share <= 0 or not products:
        return Order(places, [])
    drawn = random.Random(seed)  # noqa: S311 - reproducible, and nothing is secret
    if drawn.random() < share:
        drawn.shuffle(places)
    elsewhere = share / products
    by_rank = 1 - share + elsewhere
    return Order(
        places, [by_rank if place == position else elsewhere for position, place in enumerate(places)]
    )
