"""Browsing sessions as training data: sequences of viewed products, made of single views."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics_pipeline import interactions as extracts
from analytics_pipeline.recent import SESSION_GAP
from analytics_pipeline.warehouse import Warehouse
from ml.dataset import Ids, fingerprint_of
from ml.sequences import Sequences
from ml.trust import UNKNOWN_SOURCE, Learned, Limits

MOST_VIEWS = 3_000_000
_DAY_MILLISECONDS = 86_400_000
_GAP_MILLISECONDS = int(SESSION_GAP.total_seconds() * 1_000)


@dataclass(frozen=True, slots=True)
class Views:
    """Views of products as parallel columns, the oldest first; times are UNIX milliseconds.

    `arrived` are times by the server's clock, `sources` keys of networks (uint64, UNKNOWN_SOURCE if unknown).
    """

    shoppers: NDArray[Any]
    items: NDArray[np.int64]
    times: NDArray[np.int64]
    arrived: NDArray[np.int64]
    sources: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.shoppers)

    def where(self, kept: NDArray[np.bool_]) -> "Views":
        """Return these rows."""
        return Views(
            self.shoppers[kept], self.items[kept], self.times[kept], self.arrived[kept], self.sources[kept]
        )


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions of at least two views, in the order of their ends; times are datetime64[s]."""

    sequences: Sequences
    began: NDArray[np.datetime64]
    ended: NDArray[np.datetime64]

    @classmethod
    def empty(cls) -> "Sessions":
        """Return no sessions."""
        times = np.array([], "datetime64[s]")
        nothing = np.array([], np.int64)
        return cls(Sequences(Ids(nothing), nothing, np.zeros(1, np.int64)), times, times)

    @classmethod
    def of(cls, views: Views) -> "Sessions":
        """Return the sessions of the views: a new one begins after 30 minutes without a view."""
        if not len(views):
            return cls.empty()
        _, shopper = np.unique(views.shoppers, return_inverse=True)
        # Stable, so that views of one millisecond keep their order.
        order = np.lexsort((views.times, shopper))
        shopper, times, products = shopper[order], views.times[order], views.items[order]
        begins = np.ones(len(order), dtype=bool)
        begins[1:] = (shopper[1:] != shopper[:-1]) | (np.diff(times) > _GAP_MILLISECONDS)
        starts = np.flatnonzero(begins)
        lengths = np.diff(np.append(starts, len(order)))
        ends = times[starts + lengths - 1]
        chosen = np.flatnonzero(lengths >= 2)
        chosen = chosen[np.argsort(ends[chosen], kind="stable")]
        return cls(
            _sequences(products, starts[chosen], lengths[chosen]),
            _seconds(times[starts[chosen]]),
            _seconds(ends[chosen]),
        )

    def __len__(self) -> int:
        return len(self.sequences)

    def where(self, kept: NDArray[np.bool_]) -> "Sessions":
        """Return these sessions, with positions of the same items."""
        starts = self.sequences.starts[:-1][kept]
        sequences = self.sequences
        return Sessions(
            _chosen(sequences.items, sequences.positions, starts, np.diff(sequences.starts)[kept]),
            self.began[kept],
            self.ended[kept],
        )

    def fingerprint(self) -> str:
        """Return the SHA-256 of the sessions, independent of their order, in hexadecimal."""
        sessions = np.repeat(self.ended, np.diff(self.sequences.starts))
        places = np.arange(len(self.sequences.positions)) - np.repeat(
            self.sequences.starts[:-1], np.diff(self.sequences.starts)
        )
        return fingerprint_of((sessions, places, self.sequences.items.values[self.sequences.positions]))


def from_warehouse(
    warehouse: Warehouse,
    *,
    as_of: datetime,
    trust: Learned,
    proven: Collection[Any],
    limits: Limits,
    most: int = MOST_VIEWS,
) -> Sessions:
    """Return the sessions among the `most` latest views, without those that models must not learn from.

    `proven` are the keys of shoppers with a purchase.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    views = _views(extracts.views(warehouse, as_of=as_of, most=most))
    return Sessions.of(trusted(views, trust=trust, proven=proven, limits=limits))


def trusted(views: Views, *, trust: Learned, proven: Collection[Any], limits: Limits) -> Views:
    """Return the views of trusted shoppers, within the limits of shoppers, networks and products.

    Where `ml.trust.learned` reduces weights, views beyond a limit are left out, because a view has no weight.
    """
    views = views.where(np.isin(views.shoppers, np.unique(trust.log.users)))
    if not len(views):
        return views
    is_proven = np.isin(views.shoppers, np.asarray(list(proven), dtype=views.shoppers.dtype))
    from_network = ~is_proven & (views.sources != UNKNOWN_SOURCE)
    day = views.arrived // _DAY_MILLISECONDS
    everyone = np.ones(len(views), dtype=bool)
    kept = _within((views.shoppers, day), everyone, at_most=limits.of_shopper_a_day)
    kept &= _within(
        (views.sources, views.items, day), from_network, at_most=limits.of_source_and_product_a_day
    )
    kept &= _within((views.sources, day), from_network, at_most=limits.of_source_a_day)
    if not trust.is_young_shop:
        _, numbers = np.unique(views.items, return_inverse=True)
        counts = np.bincount(numbers, weights=is_proven.astype(np.float64))
        at_most = limits.unproven_per_proven * counts + limits.unproven_at_least
        kept &= _within((views.items,), ~is_proven, at_most=at_most[numbers])
    return views.where(kept)


def _within(
    groups: tuple[NDArray[Any], ...],
    limited: NDArray[np.bool_],
    *,
    at_most: float | NDArray[np.floating[Any]],
) -> NDArray[np.bool_]:
    """Return a mask of the rows without the limited ones that follow the first `at_most` of their group."""
    numbers = np.zeros(int(limited.sum()), dtype=np.int64)
    for column in groups:
        _, place = np.unique(column[limited], return_inverse=True)
        _, numbers = np.unique(numbers * (int(place.max(initial=0)) + 1) + place, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    before = np.empty(len(order), np.int64)
    before[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    kept = np.ones(len(limited), dtype=bool)
    kept[limited] = before < np.broadcast_to(at_most, len(limited))[limited]
    return kept


def _views(rows: pd.DataFrame) -> Views:
    if rows.empty:
        nothing = np.array([], np.int64)
        return Views(np.array([], "S36"), nothing, nothing, nothing, nothing.astype(np.uint64))
    return Views(
        shoppers=rows["shopper"].to_numpy().astype("S36"),
        items=rows["product_id"].to_numpy(np.int64),
        times=rows["viewed_at"].to_numpy(np.int64),
        arrived=rows["arrived_at"].to_numpy(np.int64),
        sources=rows["source_key"].to_numpy(np.uint64),
    )


def _sequences(
    products: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Sequences:
    items = Ids.of(products)
    return _chosen(items, items.positions(products), starts, lengths)


def _chosen(
    items: Ids, positions: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Sequences:
    """Return the sequences that begin at `starts`, one after the other."""
    ends = np.cumsum(lengths)
    places = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return Sequences(items, positions[places], np.concatenate(([0], ends)))


def _seconds(milliseconds: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return (milliseconds // 1_000).astype("datetime64[s]")
