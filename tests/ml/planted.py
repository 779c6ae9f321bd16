"""Generated interactions with known preferences: each user prefers one kind of product."""

from dataclasses import dataclass

import numpy as np

from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import Interactions, hold_out

KINDS = ("garden", "kitchen", "music", "travel")


@dataclass(frozen=True)
class PlantedData:
    """Interactions, split at random, and the catalogue of their products."""

    train: Interactions
    test: Interactions
    catalogue: Catalogue

    def kind(self, position: int) -> int:
        """Return the number of the kind of the item in this column."""
        return int(self.train.items.values[position]) % len(KINDS)


def planted_data(*, seed: int = 7, users: int = 240, products: int = 120) -> PlantedData:
    """Return data in which nine of ten interactions of a user are with one kind, and some products are more popular."""
    rng = np.random.default_rng(seed)
    kinds = len(KINDS)
    rows, columns = [], []
    for user in range(users):
        for _ in range(14):
            kind = user % kinds if rng.random() < 0.9 else rng.integers(kinds)
            place = int(products / kinds * rng.random() ** 1.5)
            rows.append(user)
            columns.append(place * kinds + kind)
    train, test = hold_out(Interactions.of_pairs(rows, columns), share=0.3, seed=seed)
    return PlantedData(train, test, planted_catalogue(products))


def planted_catalogue(products: int) -> Catalogue:
    """Return products whose title and category name their kind."""
    return Catalogue.of(
        [
            ProductFacts(
                product_id=number,
                title=f"{KINDS[number % len(KINDS)]} piece number {number}",
                category=("Home", KINDS[number % len(KINDS)].title()),
                attributes={"colour": [("red", "blue", "green")[number % 3]]},
            )
            for number in range(products)
        ]
    )
