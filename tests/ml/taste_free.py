"""Generated logs without taste: every user draws from one distribution, so that nothing personal can be learned."""

import numpy as np

from ml.dataset import InteractionLog

PRODUCTS = 100
ROWS = 3_000


def taste_free_log(seed: int, *, skew: float = 1.5) -> InteractionLog:
    """Return 21 days of 300 users; the greater the skew, the more popular are some products (1: none is)."""
    chance = np.random.default_rng(seed)
    return InteractionLog(
        np.char.add("user-", chance.integers(0, 300, ROWS).astype(str)),
        (PRODUCTS * chance.random(ROWS) ** skew).astype(np.int64),
        np.datetime64("2026-01-01", "s") + np.arange(ROWS) * 600,
        np.ones(ROWS, np.float32),
    )
