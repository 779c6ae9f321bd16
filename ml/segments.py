"""The primary metric of each recipe by segment of test users, with intervals."""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from ml.gates import CONFIDENCE, Comparison, Ranked
from ml.intervals import mean_interval

ALL = "all"
KNOWN = (ALL, "cold", "warm", "heavy")


class SegmentMean(msgspec.Struct, frozen=True):
    """The mean of the primary metric over the users of a segment, with its 95 % interval."""

    mean: float
    low: float
    high: float
    users: int


def by_segment(measured: Comparison | None) -> dict[str, dict[str, SegmentMean]]:
    """Return the means of popularity, the recipes, and those that serve (`serving NAME`), by segment.

    The segment "all" has every test user; segments without users are left out. Nothing was measured: {}.
    """
    if measured is None or not measured.users:
        return {}
    recipes = {
        "popularity": measured.popularity,
        **measured.new,
        **{f"serving {name}": one for name, one in measured.serving.items()},
    }
    masks = {ALL: np.ones(measured.users, dtype=bool), **measured.segments}
    return {
        name: {segment: _mean(one, users) for segment, users in masks.items() if users.any()}
        for name, one in recipes.items()
    }


def _mean(one: Ranked, users: NDArray[np.bool_]) -> SegmentMean:
    found = mean_interval(one.values[users], confidence=CONFIDENCE)
    return SegmentMean(found.mean, found.low, found.high, int(users.sum()))


def stored(manifest: Mapping[str, object]) -> dict[str, dict[str, SegmentMean]]:
    """Return what `by_segment` found for a manifest; {} if it was written by an earlier release."""
    return msgspec.convert(manifest.get("by_segment", {}), dict[str, dict[str, SegmentMean]])


def order(segment: str) -> tuple[int, str]:
    """Return a key by which segments are sorted: all, then by the users' history, then others by name."""
    return (KNOWN.index(segment) if segment in KNOWN else len(KNOWN), segment)
