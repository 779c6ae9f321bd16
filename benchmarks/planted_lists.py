"""Generated lists of shoppers with known tastes, so that the value of every order is known exactly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.lists import Lists
from ml.ope.logs import LoggedLists

KINDS, PRODUCTS, PLACES = 20, 40, 6
# The mean of what shoppers click, as a part of what their kind would.
ACTIVITY = 2 / 3


@dataclass(frozen=True)
class Shop:
    """Kinds of shoppers, each with products (in the log's order), their tastes, and how far they look."""

    candidates: NDArray[np.int64]
    """kinds × places."""
    taste: NDArray[np.float64]
    """kinds × products."""
    examined: NDArray[np.float64]
    """places."""
    price: NDArray[np.float64]
    """products."""

    def value(self, order: NDArray[np.int64], *, revenue: bool = False) -> float:
        """The expected clicks (or revenue) of a list, if a shopper of a random kind is shown this order."""
        rates = np.take_along_axis(self.taste, order, axis=1) * self.examined
        return float((rates * (self.price[order] if revenue else 1)).sum(axis=1).mean())

    def best(self, *, noise: float, seed: int) -> NDArray[np.int64]:
        """The candidates of each kind by taste, with an error of this size; kinds × places."""
        scores = np.take_along_axis(self.taste, self.candidates, axis=1)
        scores = scores + np.random.default_rng(seed).normal(0, noise, scores.shape)
        return np.take_along_axis(self.candidates, np.argsort(-scores, axis=1), axis=1)


def planted_shop(seed: int) -> Shop:
    rng = np.random.default_rng(seed)
    candidates = 1 + np.stack([rng.choice(PRODUCTS, PLACES, replace=False) for _ in range(KINDS)])
    taste = rng.beta(2, 6, (KINDS, PRODUCTS + 1))
    examined = 1 / (1 + 0.4 * np.arange(PLACES))
    return Shop(candidates, taste, examined, rng.lognormal(3, 0.5, PRODUCTS + 1))


def logged(
    shop: Shop, *, lists: int, epsilon: float, seed: int, per_shopper: int = 3, revenue: bool = False
) -> tuple[LoggedLists, NDArray[np.int64]]:
    """Return lists of the log's policy, and the kind of each list's shopper.

    With probability `epsilon` a list is shuffled. A shopper has `per_shopper` lists on average, and clicks
    more or less often than the kind.
    """
    rng = np.random.default_rng(seed)
    shoppers = rng.integers(0, lists // per_shopper, lists)
    kinds = rng.integers(0, KINDS, lists // per_shopper)
    activity = ACTIVITY * rng.uniform(0.5, 1.5, lists // per_shopper)
    kind = kinds[shoppers]
    order = np.argsort(
        np.where(rng.random(lists)[:, None] < epsilon, rng.random((lists, PLACES)), np.arange(PLACES)), axis=1
    )
    products = np.take_along_axis(shop.candidates[kind], order, axis=1)
    propensities = np.where(order == np.arange(PLACES), 1 - epsilon, 0) + epsilon / PLACES
    rates = shop.taste[kind[:, None], products] * shop.examined * activity[shoppers][:, None]
    rewards = (rng.random(rates.shape) < rates).astype(float)
    if revenue:
        rewards = rewards * shop.price[products]
    return LoggedLists(shoppers, products, propensities, rewards), kind


def lists_of(order: NDArray[np.int64], subjects: NDArray[np.int64], kind: NDArray[np.int64]) -> Lists:
    """Return a version's lists in which each of these shoppers has the order of its kind."""
    products = order[kind]
    return Lists(subjects.astype(str), products, np.ones(products.shape, np.float32), np.zeros_like(products))
