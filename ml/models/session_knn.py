"""Nearest sessions: what was viewed near the shared items in similar earlier sessions.

Source: Garg et al., Sequence and time aware neighborhood for session-based recommendations (STAN), SIGIR
2019; Ludewig and Jannach, Evaluation of session-based recommendation algorithms, UMUAI 28, 2018 (VS-KNN). The
combination of both is known as VSTAN.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.dataset import UNKNOWN, Positions
from ml.models.recipe import Count, NotNegative, Positive, Recipe
from ml.sequences import Sequences


@dataclass(frozen=True)
class SessionKnn(Recipe):
    """Score the items of the most similar sessions by their distance to the items shared with the prefix.

    With N sessions, oldest first, L the prefix's length, p(x) the last position of item x in it, and df_x the
    number of sessions with x:

    - an item weighs exp(-(L - p(x)) / prefix_decay) · ln(N / df_x)^rarity;
    - a session's similarity is the sum over its shared items, times length^-length_exponent, times
      exp(-age / (N · age_decay)), with the number of sessions from it to the end as age; the `neighbours`
      greatest are kept;
    - with m the last position in the session of the shared item that is last in the prefix, every item at
      position a adds similarity^sharpness · exp(-(L - p(item m)) / link_decay), times
      exp(-(|a - m| - 1) / distance_decay) unless a = m;
    - an item's sum is multiplied by ln(N / df)^target_rarity, and by `seen` if it is in the prefix but not
      its last item. Items that were viewed are not left out, because people look again.

    Each item's `sessions_kept` latest sessions are searched, which bounds the time of a prediction.
    """

    name: ClassVar[str] = "session_knn"

    neighbours: Count = 500
    prefix_decay: Positive = 2.0
    rarity: NotNegative = 3.0
    length_exponent: NotNegative = 0.25
    age_decay: Positive = 1.0
    sharpness: Positive = 1.2
    link_decay: Positive = 6.0
    distance_decay: Positive = 4.0
    target_rarity: NotNegative = 1.0
    seen: NotNegative = 2.0
    sessions_kept: Count = 5_000

    def fit(self, train: Sequences) -> "FittedSessionKnn":
        sessions = np.repeat(np.arange(len(train)), np.diff(train.starts))
        places = np.arange(len(train.positions)) - train.starts[sessions]
        # The last view of an item in a session comes first within the group of the two.
        order = np.lexsort((-places, sessions, train.positions))
        items, owners = train.positions[order], sessions[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (items[1:] != items[:-1]) | (owners[1:] != owners[:-1])
        first &= items != UNKNOWN
        order = order[first]
        counts = np.bincount(train.positions[order], minlength=len(train.items))
        rarity = np.log(len(train) / np.maximum(counts, 1))
        lengths = np.maximum(np.diff(train.starts), 1).astype(np.float64)
        age = len(train) - np.arange(len(train))
        return FittedSessionKnn(
            recipe=self,
            train=train,
            sessions=sessions[order].astype(np.int32),
            places=places[order].astype(np.int32),
            starts=np.concatenate(([0], np.cumsum(counts))),
            item_weights=rarity**self.rarity,
            target_weights=rarity**self.target_rarity,
            session_weights=lengths**-self.length_exponent
            * np.exp(-age / (max(len(train), 1) * self.age_decay)),
        )


@dataclass(frozen=True, slots=True)
class FittedSessionKnn:
    """An index from items to sessions: those of item x are `sessions[starts[x] : starts[x + 1]]`.

    They are in order of time. `places` are the last positions of the item in them.
    """

    recipe: SessionKnn
    train: Sequences
    sessions: NDArray[np.int32]
    places: NDArray[np.int32]
    starts: NDArray[np.int64]
    item_weights: NDArray[np.float64]
    target_weights: NDArray[np.float64]
    session_weights: NDArray[np.float64]

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        """Return the items with a score, in ascending order of position, and their scores.

        `prefix` are the positions of the items viewed so far, the oldest first; UNKNOWN ones are skipped.
        """
        near = self._nearest(prefix)
        lengths = self.train.starts[near.sessions + 1] - self.train.starts[near.sessions]
        places = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        items = self.train.positions[places + np.repeat(self.train.starts[near.sessions], lengths)]
        distance = np.maximum(np.abs(places - np.repeat(near.links, lengths)) - 1, 0)
        values = np.repeat(near.values, lengths) * np.exp(-distance / self.recipe.distance_decay)
        known = items != UNKNOWN
        counted = np.bincount(items[known], values[known], minlength=len(self.train.items))
        totals = counted * self.target_weights
        earlier = prefix[(prefix != UNKNOWN) & (prefix != prefix[-1])] if len(prefix) else prefix
        totals[np.unique(earlier)] *= self.recipe.seen
        found = np.flatnonzero(totals)
        return found, totals[found]

    def _nearest(self, prefix: Positions) -> "_Near":
        """Return the sessions that share items with the prefix and are most similar to it."""
        items, ages = _latest_views(prefix)
        spans = [self._span(item) for item in items]
        counts = [span.stop - span.start for span in spans]
        sessions = np.concatenate([self.sessions[:0], *(self.sessions[span] for span in spans)])
        places = np.concatenate([self.places[:0], *(self.places[span] for span in spans)])
        weights = self.item_weights[items] * np.exp(-ages / self.recipe.prefix_decay)
        # Items viewed last come first, so the first row of each session is that of its link.
        order = np.argsort(sessions, kind="stable")
        sorted_sessions = sessions[order]
        first = np.flatnonzero(np.diff(sorted_sessions, prepend=-1))
        found, links = sorted_sessions[first], order[first]
        if not len(found):
            return _Near(found, places, np.zeros(0))
        similarity = np.add.reduceat(np.repeat(weights, counts)[order], first) * self.session_weights[found]
        values = similarity**self.recipe.sharpness
        values *= np.exp(-np.repeat(ages, counts)[links] / self.recipe.link_decay)
        if len(found) > self.recipe.neighbours:
            kept = np.argpartition(-similarity, self.recipe.neighbours)[: self.recipe.neighbours]
            found, links, values = found[kept], links[kept], values[kept]
        return _Near(found, places[links], values)

    def _span(self, item: int) -> slice:
        end = int(self.starts[item + 1])
        return slice(max(int(self.starts[item]), end - self.recipe.sessions_kept), end)


@dataclass(frozen=True, slots=True)
class _Near:
    """Sessions, the places in them of the shared items that are last in the prefix, and their values."""

    sessions: NDArray[np.int32]
    links: NDArray[np.int32]
    values: NDArray[np.float64]


def _latest_views(prefix: Positions) -> tuple[Positions, NDArray[np.int64]]:
    """Return the known items of a prefix, last viewed first, and how many views came after each."""
    items, ages = np.unique(prefix[::-1], return_index=True)
    items, ages = items[items != UNKNOWN], ages[items != UNKNOWN]
    order = np.argsort(ages)
    return items[order], ages[order]
