"""A world whose truth is known: people with one taste each, products of one kind each."""

from dataclasses import dataclass

import numpy as np

from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import Interactions, hold_out

TASTES = ("garden", "kitchen", "music", "travel")


@dataclass(frozen=True)
class PlantedWorld:
    train: Interactions
    test: Interactions
    catalogue: Catalogue

    def kind(self, position: int) -> int:
        """The taste that the item in this column was made for."""
        return int(self.train.items.values[position]) % len(TASTES)


def planted_world(*, seed: int = 7, people: int = 240, products: int = 120) -> PlantedWorld:
    """Each person takes nine products in ten from one kind; within a kind some products are better liked."""
    random = np.random.default_rng(seed)
    kinds = len(TASTES)
    users, items = [], []
    for person in range(people):
        for _ in range(14):
            kind = person % kinds if random.random() < 0.9 else random.integers(kinds)
            liked = int(products / kinds * random.random() ** 1.5)
            users.append(person)
            items.append(liked * kinds + kind)
    train, test = hold_out(Interactions.of_pairs(users, items), share=0.3, seed=seed)
    return PlantedWorld(train, test, planted_catalogue(products))


def planted_catalogue(products: int) -> Catalogue:
    return Catalogue.of(
        [
            ProductFacts(
                product_id=number,
                title=f"{TASTES[number % len(TASTES)]} piece number {number}",
                category=("Home", TASTES[number % len(TASTES)].title()),
                attributes={"colour": [("red", "blue", "green")[number % 3]]},
            )
            for number in range(products)
        ]
    )
