"""The audience "buying again": which of the products that a customer bought are in the next basket.

Recipes rank a customer's own products. They are compared on the first basket after a split by time of
customers with at least two baskets before, as in `ml.contest`: recipes are chosen on the baskets between the
first and the second time, and the chosen one, the one that serves and popularity are measured on those after
the second. Without a passed verdict nobody has such a list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml import gates
from ml.baskets import Baskets
from ml.catalogue import Catalogue
from ml.dataset import UNKNOWN, Ids, Positions, Scores
from ml.gates import Comparison, Outcome, Ranked, Verdict
from ml.intervals import mean_interval, standard_error
from ml.lists import NO_PRODUCT, Lists
from ml.metrics import hits, ndcg, recall
from ml.models.buy_again import SHOPPERS_AT_ONCE, BuyAgain
from ml.models.library import built
from ml.models.ranked_basket import RankedBasket
from ml.models.recipe import InvalidParameter
from ml.orders import Orders
from ml.registry import Version
from ml.top import top

LIST = "user.buy_again"
K = 10
LENGTH = 20
LEAST_BASKETS = 2
MAX_TEST_CUSTOMERS = 5_000
MAX_CUSTOMERS = 100_000
# Finding similar customers takes time that grows with the square of their number.
MAX_COMPARED = 5_000
SEGMENTS: Mapping[str, tuple[int, int]] = {
    "baskets 2-3": (2, 3),
    "baskets 4-10": (4, 10),
    "baskets over 10": (11, np.iinfo(np.int64).max),
}
"""Numbers of baskets before the predicted one."""

NextBasket = BuyAgain | RankedBasket
DECAY = BuyAgain(decay=0.9, own=1.0)
WITH_NEIGHBOURS: Sequence[NextBasket] = (BuyAgain(decay=0.97, own=0.5, neighbours=100), RankedBasket())
RECIPES: Mapping[str, type[NextBasket]] = {one.name: one for one in (BuyAgain, RankedBasket)}


@dataclass(frozen=True, slots=True)
class BuyingAgain:
    """The chosen recipe, its verdicts, and what was measured, by recipe and segment."""

    recipe: NextBasket = DECAY
    verdicts: Sequence[Verdict] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether there were enough customers, and no verdict that decides on the lists failed."""
        deciding = [one for one in self.verdicts if one.gate not in gates.CHOOSES_A_RECIPE]
        return bool(deciding) and all(
            one.outcome is Outcome.PASSED or (one.outcome is Outcome.NOT_MEASURABLE and one.segment)
            for one in deciding
        )

    def lists(self, orders: Orders, catalogue: Catalogue) -> dict[str, Lists]:
        """Return the lists of the recipe fitted to all orders, by their name; nothing if it didn't pass."""
        return {LIST: lists_of(self.recipe, orders, catalogue)} if self.passed else {}

    def as_dict(self) -> Mapping[str, Any]:
        """Return what is stored in a manifest."""
        return {**_described(self.recipe), "measured": dict(self.measured)}


def decide(
    orders: Orders,
    catalogue: Catalogue,
    times: Sequence[np.datetime64] | None,
    *,
    serving: Version | None = None,
) -> BuyingAgain:
    """Return the recipe that is chosen between the two `times`, judged after the second; None is no split.

    Within one standard error of the greatest recall, what serves comes first, then the simplest. A recipe
    replaces the one that serves only if it is surely not worse.
    """
    bought = orders.where(orders.by_account)
    tests = (
        []
        if times is None
        else [
            NextBaskets.of(bought, catalogue, since=times[0], until=times[1]),
            NextBaskets.of(bought, catalogue, since=times[1]),
        ]
    )
    if not tests or min(len(one) for one in tests) < gates.MIN_USERS:
        count = min((len(one) for one in tests), default=0)
        return BuyingAgain(verdicts=[_of_audience(gates.enough_users(count))])
    choice, test = tests
    current = served_recipe(serving)
    tried = [one for one in (current, *candidates(choice.train)) if one is not None]
    chosen = _simplest([(recipe, choice.measured(recipe)) for recipe in dict.fromkeys(tried)])
    new, popular = test.measured(chosen), test.measured(None)
    old = None if current is None else new if current == chosen else test.measured(current)
    verdicts: list[Verdict] = []
    if current is not None and old is not None:
        verdicts.append(gates.not_worse_than_serving(new.ranked, old.ranked, algorithm="buy_again"))
        if verdicts[0].outcome is not Outcome.PASSED:
            chosen, new = current, old
    judged = gates.judge_persons(
        Comparison(
            new={"buy_again": new.ranked},
            popularity=popular.ranked,
            sellable=len(test.sellable),
            segments=test.segments(),
            serving={} if old is None else {"buy_again": old.ranked},
        )
    )
    decay = new if chosen == DECAY else test.measured(DECAY)
    measured = {
        "customers": len(test),
        "recipe": new.by_segment(test.segments()),
        "popularity": popular.by_segment(test.segments()),
        "decay alone": decay.by_segment(test.segments()),
        "against popularity": new.against(popular, test.segments()),
        "against decay alone": new.against(decay, test.segments()),
    }
    return BuyingAgain(chosen, [_of_audience(one) for one in [*verdicts, *judged]], measured)


def candidates(train: Baskets) -> Sequence[NextBasket]:
    """Return the recipes to compare, the simplest first; those with neighbours for not too many customers."""
    return (DECAY, *WITH_NEIGHBOURS) if len(train.ids) <= MAX_COMPARED else (DECAY,)


def served_recipe(version: Version | None) -> NextBasket | None:
    """Return the recipe of the version's lists; None without lists or if this release can't train it."""
    if version is None or LIST not in version.manifest["lists"]:
        return None
    stored = version.manifest.get("buying_again", {})
    recipe = RECIPES.get(stored.get("name", ""))
    if recipe is None:
        return None
    try:
        return built(recipe, stored["parameters"])
    except InvalidParameter:
        return None


def lists_of(recipe: NextBasket, orders: Orders, catalogue: Catalogue) -> Lists:
    """Return for each account, the last active MAX_CUSTOMERS, the products to buy again, best first.

    Products that the account didn't buy, and those that can't be bought now, are left out.
    """
    train = histories(orders.where(orders.by_account), Ids.of(list(catalogue.products)))
    customers = np.flatnonzero(np.bincount(train.shoppers, minlength=len(train.ids)))[:MAX_CUSTOMERS]
    if not len(customers):
        empty = np.empty((0, LENGTH), np.int64)
        return Lists(np.array([], "U36"), empty, empty.astype(np.float32), empty)
    allowed = catalogue.sellable(train.items.values)
    ranked, scores = _ranked(recipe.fit(train), train.of_shoppers(customers), allowed=allowed, k=LENGTH)
    filled = (ranked != UNKNOWN).any(axis=1)
    products = np.append(train.items.values.astype(np.int64), NO_PRODUCT)[ranked]
    because = np.full(products.shape, NO_PRODUCT)
    subjects = train.ids.values[customers].astype(np.str_)
    return Lists(subjects[filled], products[filled], scores[filled], because[filled])


def histories(orders: Orders, items: Ids) -> Baskets:
    """Return the orders as baskets of `items`; of the buyers, the last MAX_CUSTOMERS to buy."""
    numbers, first, rows = np.unique(orders.orders, return_index=True, return_inverse=True)
    buyers, times = orders.buyers[first], orders.times[first]
    last = dict(zip(buyers[np.argsort(times, kind="stable")].tolist(), np.sort(times).tolist(), strict=True))
    kept = sorted(last, key=lambda buyer: last[buyer], reverse=True)[:MAX_CUSTOMERS]
    ids = Ids.of(np.array(kept, orders.buyers.dtype))
    shoppers = ids.positions(buyers)
    order = np.lexsort((numbers, times, shoppers))
    counts = np.bincount(shoppers[shoppers != UNKNOWN], minlength=len(ids))
    start = np.searchsorted(shoppers[order], np.arange(len(ids)))
    places = np.empty(len(numbers), np.int64)
    places[order] = np.arange(len(numbers)) - start[np.maximum(shoppers[order], 0)]
    ages = counts[np.maximum(shoppers, 0)] - 1 - places
    known = shoppers[rows] != UNKNOWN
    rows = rows[known]
    return Baskets(ids, items, shoppers[rows], ages[rows], items.positions(orders.items[known]))


class _Fitted(Protocol):
    def score(self, histories: Baskets) -> Scores: ...


@dataclass(frozen=True, slots=True)
class _Measured:
    """Recall@K and NDCG@K of each customer, and the number of sellable products in some list."""

    recall: NDArray[np.float64]
    ndcg: NDArray[np.float64]
    covered: int

    @property
    def ranked(self) -> Ranked:
        return Ranked(self.recall, self.covered)

    def by_segment(self, segments: Mapping[str, NDArray[np.bool_]]) -> Mapping[str, Any]:
        """Return the means for all customers and by segment."""
        every = {"all": np.ones(len(self.recall), dtype=bool), **segments}
        return {
            name: {
                "customers": int(chosen.sum()),
                f"recall@{K}": float(self.recall[chosen].mean()),
                f"ndcg@{K}": float(self.ndcg[chosen].mean()),
            }
            for name, chosen in every.items()
            if chosen.any()
        }

    def against(self, other: "_Measured", segments: Mapping[str, NDArray[np.bool_]]) -> Mapping[str, Any]:
        """Return the mean difference of the recall with its 95 % interval, for all and by segment."""
        every = {"all": np.ones(len(self.recall), dtype=bool), **segments}
        found = {
            name: mean_interval((self.recall - other.recall)[chosen], confidence=gates.CONFIDENCE)
            for name, chosen in every.items()
            if chosen.any()
        }
        return {name: [one.mean, one.low, one.high] for name, one in found.items()}


@dataclass(frozen=True, slots=True)
class NextBaskets:
    """Histories of baskets, and the first basket of their customers afterwards.

    `customers` are positions in `train`, ascending; `truth` (customers × items) and `sizes` are the next
    baskets, which may have products without a column.
    """

    train: Baskets
    customers: Positions
    truth: csr_array
    sizes: NDArray[np.int64]
    baskets: NDArray[np.int64]
    sellable: NDArray[np.int64]
    allowed: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        orders: Orders,
        catalogue: Catalogue,
        *,
        since: np.datetime64,
        until: np.datetime64 | None = None,
    ) -> "NextBaskets":
        """Return the histories before `since`, and the next baskets from then on, before `until`."""
        later = orders.times >= since
        items = Ids.of(list(catalogue.products))
        train = histories(orders.where(~later), items)
        after = _first_orders(orders.where(later if until is None else later & (orders.times < until)))
        baskets = np.zeros(len(train.ids), np.int64)
        np.maximum.at(baskets, train.shoppers, train.ages + 1)
        rows = train.ids.positions(after.buyers)
        tested = np.zeros(len(train.ids), dtype=bool)
        tested[rows[rows != UNKNOWN]] = True
        customers = np.flatnonzero(tested & (baskets >= LEAST_BASKETS))
        if len(customers) > MAX_TEST_CUSTOMERS:
            drawn = np.random.default_rng(0).choice(len(customers), MAX_TEST_CUSTOMERS, replace=False)
            customers = customers[np.sort(drawn)]
        kept = np.isin(rows, customers)
        places = np.searchsorted(customers, rows[kept])
        columns = items.positions(after.items[kept])
        sizes = np.bincount(places, minlength=len(customers)).astype(np.int64)
        known = columns != UNKNOWN
        entries = (np.ones(int(known.sum()), np.float32), (places[known], columns[known]))
        truth = csr_array(entries, shape=(len(customers), len(items)))
        allowed = catalogue.sellable(items.values)
        return cls(train, customers, truth, sizes, baskets[customers], items.values[allowed], allowed)

    def __len__(self) -> int:
        return len(self.customers)

    def segments(self) -> dict[str, NDArray[np.bool_]]:
        """Return the customers by their number of baskets before."""
        return {
            name: (self.baskets >= least) & (self.baskets <= most) for name, (least, most) in SEGMENTS.items()
        }

    def measured(self, recipe: NextBasket | None) -> _Measured:
        """Return the metrics of a recipe, or of the most frequent products for None."""
        tested = self.train.of_shoppers(self.customers)
        if recipe is None:
            counts = np.bincount(self.train.positions, minlength=len(self.train.items)).astype(np.float32)
            counts[~self.allowed] = -np.inf
            ranked = np.tile(top(counts[None, :], k=K), (len(self), 1))
        else:
            ranked, _ = _ranked(recipe.fit(self.train), tested, allowed=self.allowed, k=K)
        hit = hits(ranked, self.truth)
        covered = len(np.unique(ranked[ranked != UNKNOWN]))
        return _Measured(recall(hit, self.sizes), ndcg(hit, self.sizes), covered)


def _first_orders(orders: Orders) -> Orders:
    """Return the first order of each buyer, without repeated products."""
    order = np.lexsort((orders.items, orders.orders, orders.times, orders.buyers))
    _, first = np.unique(orders.buyers[order], return_index=True)
    chosen = order[np.isin(orders.orders[order], orders.orders[order][first])]
    pairs = np.stack([orders.orders[chosen], orders.items[chosen]])
    _, once = np.unique(pairs, axis=1, return_index=True)
    kept = np.zeros(len(orders), dtype=bool)
    kept[chosen[once]] = True
    return orders.where(kept)


def _ranked(
    fitted: _Fitted, baskets: Baskets, *, allowed: NDArray[np.bool_], k: int
) -> tuple[Positions, Scores]:
    """Return each shopper's k best products among those that they bought and that are allowed."""
    ranked = np.full((len(baskets.ids), k), UNKNOWN)
    values = np.zeros(ranked.shape, np.float32)
    for start in range(0, len(ranked), SHOPPERS_AT_ONCE):
        block = np.arange(start, min(start + SHOPPERS_AT_ONCE, len(ranked)))
        part = baskets.of_shoppers(block)
        scores = fitted.score(part)
        bought = part.weighted(np.ones(len(part.shoppers))).toarray() > 0
        scores[~bought | ~allowed] = -np.inf
        ranked[block] = top(scores, k=k)
        found = np.take_along_axis(scores, np.maximum(ranked[block], 0), axis=1)
        values[block] = np.where(ranked[block] == UNKNOWN, 0, found)
    return ranked, values


def _simplest(measured: Sequence[tuple[NextBasket, _Measured]]) -> NextBasket:
    """Return the first recipe within one standard error of the greatest mean recall."""
    best = max((one for _, one in measured), key=lambda one: float(one.recall.mean()))
    for recipe, one in measured:
        difference = best.recall - one.recall
        if not difference.any() or float(difference.mean()) <= standard_error(difference):
            return recipe
    return measured[0][0]


def _described(recipe: NextBasket) -> dict[str, Any]:
    return {"name": recipe.name, "parameters": dict(recipe.parameters)}


def _of_audience(verdict: Verdict) -> Verdict:
    reason = verdict.reason.replace("test users", "customers with a next basket")
    return msgspec.structs.replace(verdict, audience=gates.BUYING_AGAIN, algorithm="buy_again", reason=reason)
