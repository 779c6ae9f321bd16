"""Which interactions models learn from, and with what weight, so that forged ones move no list.

Anyone can send events as any number of guests, so behaviour alone proves nothing. A shopper is *proven* by a
purchase that wasn't cancelled, and otherwise earns trust by coming back over weeks, as the server's clock
saw it. What the others do is used for their own lists only. docs/decisions/abuse.md says what this costs an
attacker, and what it does to honest data.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ml.dataset import InteractionLog

_DAY_SECONDS = 86_400
UNKNOWN_SOURCE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What shoppers, and the networks of those without a purchase, may weigh.

    The unit is the weight of a view. Purchases have no limit here: they cost money.
    """

    young_days: float = 7.0
    """A shopper weighs nothing until the server saw events of two times further apart than this: longer than
    the 7 days by which an event may be late, so that an id can't be older than its first request."""

    grown_days: float = 28.0
    """At this age the weight is full; it rises linearly from `young_days`."""

    active_days: int = 4
    """On so many days (UTC) a shopper has to be seen for the full weight; with fewer it is proportional."""

    of_shopper_a_day: float = 100.0
    """All interactions of a shopper on one day. Few people look at a hundred products; crawlers do."""

    of_source_and_product_a_day: float = 3.0
    """All interactions of a network with one product on one day: three guests behind one carrier's
    address count fully, three hundred as much as three."""

    of_source_a_day: float = 300.0
    """All interactions of a network on one day; a carrier's busiest network in a shop of middling size."""

    unproven_per_proven: float = 2.0
    """The interactions of shoppers without a purchase with a product, as a multiple of those of shoppers with
    one. In the generated shop the ratio is 0.4, so only an unusual product reaches the limit."""

    unproven_at_least: float = 3.0
    """What shoppers without a purchase may add to any product, so that new products are learned."""

    young_weight: float = 0.0
    """The least trust of any shopper. Above 0, shoppers who were seen once teach the models, as forged ones
    do, within the limits of networks. A shop may need that if few of its shoppers buy or come back."""

    fewest_trusted: int = 50
    """With fewer trusted shoppers, a shop is too young to tell: every shopper counts fully, and only the
    limits of shoppers and networks apply."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the rows of a log came from, as columns parallel to its own.

    `arrived` is datetime64[s] by the server's clock, `sources` are keys of networks (uint64, UNKNOWN_SOURCE
    if unknown), and `purchases` is true for units that were sold and not cancelled.
    """

    arrived: NDArray[np.datetime64]
    sources: NDArray[np.uint64]
    purchases: NDArray[np.bool_]

    @classmethod
    def empty(cls) -> "Origins":
        return cls(np.array([], "datetime64[s]"), np.array([], np.uint64), np.array([], np.bool_))


@dataclass(frozen=True, slots=True)
class Learned:
    """The rows that models learn from, with their limited weights, and how that came about.

    `rows` counts what each limit did: rows that were left out because the shopper is young, and rows whose
    weight a limit reduced. `is_young_shop` is true if there were too few trusted shoppers.
    """

    log: InteractionLog
    shoppers: int
    trusted: int
    is_young_shop: bool
    rows: dict[str, int]
    limits: Limits = LIMITS

    def as_dict(self) -> dict[str, object]:
        """Return the counts and the limits as they are stored in a manifest."""
        return {
            "shoppers": self.shoppers,
            "trusted": self.trusted,
            "is_young_shop": self.is_young_shop,
            "rows": dict(self.rows),
            "limits": asdict(self.limits),
        }


def learned(log: InteractionLog, origins: Origins, *, limits: Limits = LIMITS) -> Learned:
    """Return the rows that models learn from; those of young shoppers are left out.

    Leaving rows out entirely, and not only reducing them, makes the result independent of them: the models
    are the same, to the last bit, with and without the events of young shoppers.
    """
    if not len(log):
        return Learned(log, shoppers=0, trusted=0, is_young_shop=True, rows={}, limits=limits)
    users, rows = np.unique(log.users, return_inverse=True)
    proven = np.zeros(len(users), dtype=bool)
    proven[rows[origins.purchases]] = True
    trust = np.where(proven, 1.0, _earned(rows, origins.arrived, users=len(users), limits=limits))
    trusted = int((trust > 0).sum())
    is_young_shop = trusted < limits.fewest_trusted
    least = 1.0 if is_young_shop else limits.young_weight
    trust = np.maximum(trust, least)
    kept = trust[rows] > 0
    weights = _Weights(
        log=log.where(kept),
        origins=Origins(origins.arrived[kept], origins.sources[kept], origins.purchases[kept]),
        proven=proven[rows][kept],
        values=(log.weights * trust[rows])[kept].astype(np.float64),
    )
    counts = {"young": int((~kept).sum())}
    counts |= weights.limit(limits, by_product=not is_young_shop)
    taught = InteractionLog(
        weights.log.users, weights.log.items, weights.log.times, weights.values.astype(np.float32)
    )
    return Learned(taught, len(users), trusted, is_young_shop, counts, limits)


def _earned(
    rows: NDArray[np.int64], arrived: NDArray[np.datetime64], *, users: int, limits: Limits
) -> NDArray[np.float64]:
    """Return each shopper's trust from 0 to 1, by age and by the number of active days."""
    seconds = arrived.astype(np.int64)
    first = np.full(users, np.iinfo(np.int64).max)
    last = np.full(users, np.iinfo(np.int64).min)
    np.minimum.at(first, rows, seconds)
    np.maximum.at(last, rows, seconds)
    age = (last - first) / _DAY_SECONDS
    days = seconds // _DAY_SECONDS
    active = np.bincount(np.unique(np.stack([rows, days]), axis=1)[0], minlength=users)
    by_age = (age - limits.young_days) / (limits.grown_days - limits.young_days)
    return np.asarray(np.clip(np.minimum(by_age, active / limits.active_days), 0.0, 1.0))


@dataclass(slots=True)
class _Weights:
    """The weights of rows while limits reduce them."""

    log: InteractionLog
    origins: Origins
    proven: NDArray[np.bool_]
    values: NDArray[np.float64]

    def limit(self, limits: Limits, *, by_product: bool) -> dict[str, int]:
        """Apply the limits one after another, and return how many rows each of them reduced."""
        day = self.origins.arrived.astype(np.int64) // _DAY_SECONDS
        _, shopper = np.unique(self.log.users, return_inverse=True)
        source = self.origins.sources
        from_network = ~self.proven & (source != UNKNOWN_SOURCE)
        items = self.log.items
        counts = {
            "shopper_a_day": self._cap(
                (shopper, day), ~self.origins.purchases, at_most=limits.of_shopper_a_day
            ),
            "source_and_product_a_day": self._cap(
                (source, items, day), from_network, at_most=limits.of_source_and_product_a_day
            ),
            "source_a_day": self._cap((source, day), from_network, at_most=limits.of_source_a_day),
        }
        if by_product:
            counts["product"] = self._cap_by_proven(limits)
        return counts

    def _cap(
        self, groups: tuple[NDArray[np.generic], ...], limited: NDArray[np.bool_], *, at_most: float
    ) -> int:
        """Scale the limited rows of each group down to a total of `at_most`; return how many rows changed."""
        numbers = _numbered(groups)[limited]
        totals = np.bincount(numbers, weights=self.values[limited])
        factors = np.minimum(1.0, at_most / np.maximum(totals, at_most))
        self.values[limited] *= factors[numbers]
        return int((factors[numbers] < 1).sum())

    def _cap_by_proven(self, limits: Limits) -> int:
        """Limit what unproven shoppers add to a product by what proven ones do; return the rows changed."""
        items, numbers = np.unique(self.log.items, return_inverse=True)
        proven, unproven = (
            np.bincount(numbers, weights=np.where(chosen, self.values, 0.0), minlength=len(items))
            for chosen in (self.proven, ~self.proven)
        )
        at_most = limits.unproven_per_proven * proven + limits.unproven_at_least
        factors = np.minimum(1.0, at_most / np.maximum(unproven, at_most))
        changed = ~self.proven & (factors[numbers] < 1)
        self.values[changed] *= factors[numbers][changed]
        return int(changed.sum())


def _numbered(groups: tuple[NDArray[np.generic], ...]) -> NDArray[np.int64]:
    """Return a number for each row, equal for rows that agree in all columns."""
    numbers = np.zeros(len(groups[0]), dtype=np.int64)
    for column in groups:
        _, place = np.unique(column, return_inverse=True)
        numbers = numbers * (int(place.max(initial=0)) + 1) + place
        _, numbers = np.unique(numbers, return_inverse=True)
    return numbers
