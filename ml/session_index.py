"""An index of sessions that predicts the item after a prefix; `ml.models.session_knn` has the formula.

It needs NumPy only, because web processes predict with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
# As in `ml.dataset`, which needs SciPy.
UNKNOWN = -1

Integers = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIndex:
    """Sessions by the items in them.

    Session z is `positions[starts[z] : starts[z + 1]]`, the oldest first; positions are those of `items`,
    which are ids in ascending order. The sessions of item x are
    `sessions[item_starts[x] : item_starts[x + 1]]`, in order of time, and `places` are the last positions of
    the item in them.
    """

    parameters: Mapping[str, Any]
    items: NDArray[Any]
    positions: Integers
    starts: NDArray[np.int64]
    sessions: NDArray[np.int32]
    places: Integers
    item_starts: NDArray[np.int64]
    item_weights: Floats
    target_weights: Floats
    session_weights: Floats

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], *, parameters: Mapping[str, Any]) -> "SessionIndex":
        """Return the index of these arrays, for example mapped ones.

        Arrays by other names, which a later release may add, are left out.

        Raises:
            KeyError: an array is missing.
        """
        names = [field.name for field in fields(cls) if field.name != "parameters"]
        return cls(parameters=parameters, **{name: arrays[name] for name in names})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "parameters"}

    def positions_of(self, ids: NDArray[Any]) -> Positions:
        """Return the position of each id, UNKNOWN for ids of other items."""
        if not len(self.items):
            return np.full(len(ids), UNKNOWN)
        found = np.minimum(np.searchsorted(self.items, ids), len(self.items) - 1)
        return np.where(self.items[found] == ids, found, UNKNOWN)

    def best(self, prefix: Positions, *, k: int) -> tuple[Positions, Floats]:
        """Return the positions of the k best items after a prefix with their scores, ties by position."""
        items, scores = self.next(prefix)
        if len(items) > k:
            # All items with the score of the last one, so that equal scores are ranked by position.
            least = np.partition(scores, len(scores) - k)[len(scores) - k]
            kept = np.flatnonzero(scores >= least)
            items, scores = items[kept], scores[kept]
        order = np.argsort(-scores, kind="stable")[:k]
        return items[order], scores[order]

    def next(self, prefix: Positions) -> tuple[Positions, Floats]:
        """Return the items with a score, in ascending order of position, and their scores.

        `prefix` are the positions of the items viewed so far, the oldest first; UNKNOWN ones are skipped.
        """
        latest = _latest_views(prefix)
        near = self._nearest(latest)
        begins = self.starts[near.sessions]
        lengths = self.starts[near.sessions + 1] - begins
        of = np.repeat(np.arange(len(lengths)), lengths)
        places = np.arange(len(of)) - (np.cumsum(lengths) - lengths)[of]
        items = self.positions[places + begins[of]]
        distance = np.maximum(np.abs(places - near.links[of]) - 1, 0)
        values = near.values[of] * np.exp(-distance / self.parameters["distance_decay"])
        known = items != UNKNOWN
        found, totals = summed(items[known], values[known], size=len(self.items))
        if not len(found):
            return found, totals
        totals *= self.target_weights[found]
        last = int(prefix[-1])
        earlier = np.array([item for item in latest if item != last], np.int64)
        places = np.minimum(np.searchsorted(found, earlier), len(found) - 1)
        totals[places[found[places] == earlier]] *= self.parameters["seen"]
        scored = totals != 0
        return found[scored], totals[scored]

    def _nearest(self, latest: Mapping[int, int]) -> "_Near":
        """Return the sessions that share items with a prefix and are most similar to it."""
        items, ages = np.array(list(latest), np.int64), np.array(list(latest.values()), np.int64)
        spans = [self._span(item) for item in latest]
        counts = [span.stop - span.start for span in spans]
        sessions = np.concatenate([self.sessions[:0], *(self.sessions[span] for span in spans)])
        places = np.concatenate([self.places[:0], *(self.places[span] for span in spans)])
        if not len(sessions):
            return _Near(sessions, places, np.zeros(0))
        weights = self.item_weights[items] * np.exp(-ages / self.parameters["prefix_decay"])
        # Items viewed last come first, so the first row of each session is that of its link.
        order = np.argsort(sessions, kind="stable")
        ordered = sessions[order]
        first = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
        found, links = ordered[first], order[first]
        similarity = np.add.reduceat(np.repeat(weights, counts)[order], first) * self.session_weights[found]
        neighbours = self.parameters["neighbours"]
        if len(found) > neighbours:
            kept = np.argpartition(-similarity, neighbours)[:neighbours]
            found, links, similarity = found[kept], links[kept], similarity[kept]
        values = similarity ** self.parameters["sharpness"]
        values *= np.exp(-np.repeat(ages, counts)[links] / self.parameters["link_decay"])
        return _Near(found, places[links].astype(np.int64), values)

    def _span(self, item: int) -> slice:
        end = int(self.item_starts[item + 1])
        return slice(max(int(self.item_starts[item]), end - self.parameters["sessions_kept"]), end)


@dataclass(frozen=True, slots=True)
class _Near:
    """Sessions, the places in them of the shared items that are last in the prefix, and their values."""

    sessions: NDArray[np.int32]
    links: Integers
    values: Floats


def _latest_views(prefix: Positions) -> dict[int, int]:
    """Return the known items of a prefix, last viewed first, and how many views came after each."""
    latest: dict[int, int] = {}
    for age, item in enumerate(reversed(prefix.tolist())):
        if item != UNKNOWN:
            latest.setdefault(item, age)
    return latest


def summed(items: Integers, values: Floats, *, size: int) -> tuple[Positions, Floats]:
    """Return the different items in ascending order, and the sum of each one's values.

    It takes time for the values, not for all `size` items: of the scratch array only the places of these
    items are written and read.
    """
    scratch = np.empty(size, np.int32)
    rows = np.arange(len(items), dtype=np.int32)
    scratch[items] = rows
    # The last row of each item stands for all of them.
    chosen = scratch[items]
    sums = np.bincount(chosen, values, minlength=len(items))
    last = np.flatnonzero(chosen == rows)
    last = last[np.argsort(items[last])]
    return items[last].astype(np.int64), sums[last].astype(np.float64)
