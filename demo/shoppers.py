"""Generate customers and guests, whose preferences are a mix of their own and their group's."""

import uuid
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from demo.catalogue import STYLES
from demo.vocabulary import Vocabulary

GROUPS = 12
GUESTS_PER_CUSTOMER = 0.8
AREA_CODES = tuple(code for code in range(201, 990) if code % 100 != 11 and code != 555)
# Phone numbers that are reserved for fiction.
FICTIONAL_EXCHANGE = "555"
FIRST_FICTIONAL = 100
FICTIONAL = 100
DEMO_CUSTOMER_ACTIVITY = 8.0


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """The account data of a customer."""

    given: str
    family: str
    phone: str
    address: dict[str, str]


@dataclass(frozen=True, slots=True)
class Population:
    """Shoppers by position: customers first, then guests; parallel arrays of their hidden preferences.

    `keys` identify them in the warehouse; `affinities` is (n, leaves) with rows that sum to 1; `styles`
    is (n, STYLES); `price_levels` are standard scores; `activities` are relative numbers of sessions.
    """

    customers: list[DemoCustomer]
    keys: list[uuid.UUID]
    affinities: NDArray[np.float64]
    styles: NDArray[np.float64]
    price_levels: NDArray[np.float64]
    activities: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.keys)


def populate(vocabulary: Vocabulary, *, customers: int, rng: Generator) -> Population:
    """Return `customers` customers and a proportional number of guests; the first is especially active."""
    count = customers + round(customers * GUESTS_PER_CUSTOMER)
    leaves = len(vocabulary.leaves)
    group_affinities = rng.dirichlet(np.full(leaves, 0.12), GROUPS)
    group_styles = 1.3 * rng.normal(size=(GROUPS, STYLES))
    group_prices = rng.normal(0, 0.8, GROUPS)
    group = rng.choice(GROUPS, size=count, p=rng.dirichlet(np.full(GROUPS, 6.0)))
    own = rng.dirichlet(np.full(leaves, 0.1), count)
    activities = rng.lognormal(0, 0.9, count)
    activities[0] *= DEMO_CUSTOMER_ACTIVITY
    activities[customers:] *= 0.35
    return Population(
        customers=[_customer(vocabulary, number=number, rng=rng) for number in range(customers)],
        keys=[random_uuid(rng) for _ in range(count)],
        affinities=0.7 * group_affinities[group] + 0.25 * own + 0.05 / leaves,
        styles=group_styles[group] + 0.5 * rng.normal(size=(count, STYLES)),
        price_levels=group_prices[group] + rng.normal(0, 0.4, count),
        activities=activities,
    )


def random_uuid(rng: Generator) -> uuid.UUID:
    """Return a random UUID (version 4) drawn from the generator."""
    return uuid.UUID(bytes=rng.bytes(16), version=4)


def fictional_phone(number: int) -> str:
    """Return a fictional phone number, a different one for each `number`."""
    area, line = divmod(number, FICTIONAL)
    return f"+1{AREA_CODES[area]}{FICTIONAL_EXCHANGE}{FIRST_FICTIONAL + line:04d}"


def _customer(vocabulary: Vocabulary, *, number: int, rng: Generator) -> DemoCustomer:
    weights = np.array([city.population for city in vocabulary.cities], dtype=np.float64)
    city = vocabulary.cities[int(rng.choice(len(weights), p=weights / weights.sum()))]
    street = vocabulary.streets[int(rng.integers(len(vocabulary.streets)))]
    return DemoCustomer(
        given=vocabulary.given[int(rng.integers(len(vocabulary.given)))],
        family=vocabulary.family[int(rng.integers(len(vocabulary.family)))],
        phone=fictional_phone(number),
        address={
            "street": f"{rng.integers(1, 240)} {street}",
            "city": city.name,
            "state": city.state,
            "postal_code": f"{city.postal_prefix}{rng.integers(100):02d}",
            "country": "USA",
        },
    )
