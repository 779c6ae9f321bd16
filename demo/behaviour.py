"""Generate shoppers' behaviour: sessions with lists, clicks, carts and orders.

The number of sessions depends on a shopper's activity, the weekday and the hour. The category depends on the
shopper's affinities and on the season. The probability of a click decreases with the position in the list,
and increases with the match of style and price level. All sessions are drawn at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from demo.catalogue import STYLES, Assortment
from demo.lists import CATEGORY, FOR_PRODUCT, FOR_SHOPPER, NOTHING, SEARCH, CandidateLists, choose_lists
from demo.shoppers import Population
from demo.vocabulary import Vocabulary

PAGE = 20
SESSIONS_PER_CUSTOMER_AND_DAY = 0.11
MAX_LISTS = 5
SAME_LEAF_AGAIN = 0.5
KIND_SHARES = {SEARCH: 0.5, CATEGORY: 0.3, FOR_SHOPPER: 0.12, FOR_PRODUCT: 0.08}
GROWTH = 0.4
# Relative numbers of sessions by weekday (Monday to Sunday) and by hour.
WEEKDAYS = (0.95, 0.9, 0.92, 0.97, 1.0, 1.15, 1.25)
HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 7, 8, 9, 9, 10, 9, 8, 8, 9, 10, 12, 14, 16, 15, 10, 5)
CLICK_RATE = 0.085
CART_RATE = 0.1
ORDER_RATE = 0.62
REMOVE_RATE = 0.15
SECONDS_BETWEEN_LISTS = (40, 150)
MAX_SESSION = timedelta(minutes=40)


@dataclass(frozen=True, slots=True)
class ShownLists:
    """Lists that were shown, as parallel arrays; `products` is (n, PAGE), padded with NOTHING.

    `shoppers` are positions in the population, `lists` in the candidate lists, `seconds` are since
    `begins_at`.
    """

    sessions: NDArray[np.int64]
    shoppers: NDArray[np.int64]
    lists: NDArray[np.int64]
    seconds: NDArray[np.float64]
    products: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clicks:
    """Clicks on products of lists; `places` count from 0, `shown` are positions in ShownLists.

    `added` is true for products added to a cart, `ordered` and `removed` for those of them that were ordered
    or removed later.
    """

    shown: NDArray[np.int64]
    places: NDArray[np.int64]
    products: NDArray[np.int64]
    seconds: NDArray[np.float64]
    added: NDArray[np.bool_]
    ordered: NDArray[np.bool_]
    removed: NDArray[np.bool_]
    units: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shoppers' behaviour since `begins_at`."""

    begins_at: datetime
    shown: ShownLists
    clicks: Clicks


@dataclass(frozen=True, slots=True)
class Shop:
    """The inputs of the generated behaviour."""

    vocabulary: Vocabulary
    assortment: Assortment
    population: Population
    candidate_lists: CandidateLists


def generate_behaviour(shop: Shop, *, begins_at: datetime, now: datetime, rng: Generator) -> Behaviour:
    """Return the behaviour from `begins_at` (a midnight) to `now`; all sessions end before `now`."""
    seconds, shoppers = _sessions(shop.population, begins_at=begins_at, now=now, rng=rng)
    shown = _lists(shop, begins_at=begins_at, starts=seconds, shoppers=shoppers, rng=rng)
    return Behaviour(begins_at, shown, _clicks(shop, shown=shown, rng=rng))


def _sessions(
    population: Population, *, begins_at: datetime, now: datetime, rng: Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    days = (now - begins_at).days + 1
    count = round(len(population.customers) * days * SESSIONS_PER_CUSTOMER_AND_DAY)
    weekday = np.array([WEEKDAYS[(begins_at + timedelta(days=day)).weekday()] for day in range(days)])
    busy = weekday * (1 + GROWTH * np.arange(days) / days)
    day = rng.choice(days, size=count, p=busy / busy.sum())
    hour = rng.choice(24, size=count, p=np.array(HOURS) / sum(HOURS))
    seconds = np.sort(day * 86_400 + hour * 3_600 + rng.uniform(0, 3_600, count))
    seconds = seconds[seconds < (now - begins_at - MAX_SESSION).total_seconds()]
    weights = population.activities / population.activities.sum()
    return seconds, rng.choice(len(population), size=len(seconds), p=weights)


def _lists(
    shop: Shop,
    *,
    begins_at: datetime,
    starts: NDArray[np.float64],
    shoppers: NDArray[np.int64],
    rng: Generator,
) -> ShownLists:
    lengths = np.minimum(1 + rng.poisson(0.9, len(starts)), MAX_LISTS)
    sessions = np.repeat(np.arange(len(starts)), lengths)
    place = np.arange(len(sessions)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    seconds = starts[sessions] + place * rng.uniform(*SECONDS_BETWEEN_LISTS, len(sessions))
    wanted = shop.population.affinities[shoppers[sessions]]
    wanted = wanted * _demand(shop.vocabulary, begins_at=begins_at, seconds=seconds)
    leaves = _draw_columns(wanted, rng=rng)
    again = (place > 0) & (rng.random(len(place)) < SAME_LEAF_AGAIN)
    for number in range(1, MAX_LISTS):
        following = np.flatnonzero(again & (place == number))
        leaves[following] = leaves[following - 1]
    kinds = rng.choice(list(KIND_SHARES), size=len(sessions), p=list(KIND_SHARES.values()))
    kinds[(place == 0) & (kinds == FOR_PRODUCT)] = CATEGORY
    lists = choose_lists(kinds, leaves, lists=shop.candidate_lists.of_leaf, rng=rng)
    return ShownLists(
        sessions=sessions,
        shoppers=shoppers[sessions],
        lists=lists,
        seconds=seconds,
        products=_ranked(shop, lists=lists, seconds=seconds, rng=rng),
    )


def _demand(
    vocabulary: Vocabulary, *, begins_at: datetime, seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the seasonal demand for each category at each time, as (times, leaves)."""
    days = (seconds // 86_400).astype(np.int64)
    last = int(days.max(initial=0))
    dates = [(begins_at + timedelta(days=day)).timetuple().tm_yday for day in range(last + 1)]
    by_day = [
        [leaf.season.demand(date) if leaf.season else 1.0 for leaf in vocabulary.leaves] for date in dates
    ]
    return np.array(by_day)[days]


def _draw_columns(weights: NDArray[np.float64], *, rng: Generator) -> NDArray[np.int64]:
    """Draw a column index for each row, with the weights of the row."""
    sums = np.cumsum(weights, axis=1)
    return np.asarray((sums < rng.random(len(sums))[:, None] * sums[:, -1:]).sum(axis=1))


def _ranked(
    shop: Shop, *, lists: NDArray[np.int64], seconds: NDArray[np.float64], rng: Generator
) -> NDArray[np.int64]:
    candidates = shop.candidate_lists.candidates[lists]
    scores = np.log(shop.assortment.appeals)[candidates] + 0.6 * rng.gumbel(size=candidates.shape)
    # Candidates that match the query come first, so their position counts.
    scores -= 0.12 * np.arange(candidates.shape[1])
    early = shop.assortment.launched[candidates] * 86_400 > seconds[:, None]
    scores[early | (candidates == NOTHING)] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :PAGE]
    products = np.take_along_axis(candidates, order, axis=1)
    products[np.take_along_axis(scores, order, axis=1) == -np.inf] = NOTHING
    return products


def _clicks(shop: Shop, *, shown: ShownLists, rng: Generator) -> Clicks:
    preferences = _preferences(shop, shoppers=shown.shoppers, products=shown.products)
    places = np.arange(PAGE)
    chance = CLICK_RATE / (1 + 0.2 * places) * np.exp(np.clip(preferences, -3, 2))
    chance[shown.products == NOTHING] = 0
    lists, clicked = np.nonzero(rng.random(chance.shape) < chance)
    seconds = shown.seconds[lists] + 4 + 3 * clicked + rng.uniform(0, 3, len(lists))
    preferred = preferences[lists, clicked]
    signed_in = shown.shoppers[lists] < len(shop.population.customers)
    added = signed_in & (rng.random(len(lists)) < CART_RATE * np.exp(np.clip(0.8 * preferred, -3, 1.5)))
    bought = rng.random(int(shown.sessions.max(initial=0)) + 1) < ORDER_RATE
    ordered = added & bought[shown.sessions[lists]]
    return Clicks(
        shown=lists,
        places=clicked,
        products=shown.products[lists, clicked],
        seconds=seconds,
        added=added,
        ordered=ordered,
        removed=added & ~ordered & (rng.random(len(lists)) < REMOVE_RATE),
        units=rng.choice([1, 2, 3], size=len(lists), p=[0.82, 0.13, 0.05]),
    )


def _preferences(
    shop: Shop, *, shoppers: NDArray[np.int64], products: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the shopper's preference for each product of each list, as (lists, PAGE); about 0 on average."""
    styles = np.einsum(
        "ls,lps->lp", shop.population.styles[shoppers], shop.assortment.styles[products], optimize=True
    ) / np.sqrt(STYLES)
    price_gap = shop.population.price_levels[shoppers][:, None] - shop.assortment.price_levels[products]
    return np.asarray(1.1 * styles - 0.3 * price_gap**2)
