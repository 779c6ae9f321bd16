"""Nearest sessions: what was viewed near the shared items in similar earlier sessions.

Source: Garg et al., Sequence and time aware neighborhood for session-based recommendations (STAN), SIGIR
2019; Ludewig and Jannach, Evaluation of session-based recommendation algorithms, UMUAI 28, 2018 (VS-KNN). The
combination of both is known as VSTAN.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.dataset import UNKNOWN
from ml.models.recipe import Count, NotNegative, Positive, Recipe
from ml.sequences import Sequences
from ml.session_index import SessionIndex

MAX_SHORT = 2**16


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
    rarity: NotNegative = 4.0
    length_exponent: NotNegative = 0.25
    age_decay: Positive = 1.0
    sharpness: Positive = 1.2
    link_decay: Positive = 6.0
    distance_decay: Positive = 6.0
    target_rarity: NotNegative = 1.0
    seen: NotNegative = 2.5
    sessions_kept: Count = 5_000

    def fit(self, train: Sequences) -> SessionIndex:
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
        longest = int(lengths.max(initial=1))
        return SessionIndex(
            parameters=self.parameters,
            items=train.items.values,
            positions=train.positions.astype(np.int32),
            starts=train.starts,
            sessions=sessions[order].astype(np.int32),
            places=places[order].astype(np.uint16 if longest < MAX_SHORT else np.int32),
            item_starts=np.concatenate(([0], np.cumsum(counts))),
            item_weights=rarity**self.rarity,
            target_weights=rarity**self.target_rarity,
            session_weights=lengths**-self.length_exponent
            * np.exp(-age / (max(len(train), 1) * self.age_decay)),
        )
