"""A generated log with known preferences: each user prefers one kind of product."""

import numpy as np

from ml.dataset import InteractionLog
from tests.ml.planted import KINDS

PRODUCTS = 120


def planted_log(*, users: int = 200, each: int = 16) -> InteractionLog:
    """Return sixty days in which nine of ten interactions of a user are with one kind of product."""
    rng = np.random.default_rng(5)
    user = np.repeat(np.arange(users), each)
    kind = np.where(rng.random(len(user)) < 0.9, user % len(KINDS), rng.integers(4, size=len(user)))
    items = (PRODUCTS / len(KINDS) * rng.random(len(user)) ** 1.5).astype(np.int64) * len(KINDS) + kind
    times = np.datetime64("2026-01-01", "s") + rng.integers(0, 60 * 86400, len(user))
    return InteractionLog(
        np.char.add("user-", user.astype(str)), items, times, np.ones(len(user), np.float32)
    )
