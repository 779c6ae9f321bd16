"""Memory and processor time of trainings beside what is expected: `python -m benchmarks.training`.

Each size is trained in a process of its own, on one thread, with generated interactions. `--fit` prints the
constants of `ml.needs` that fit these measurements best.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import InteractionLog
from ml.needs import peak_mb
from ml.registry import Registry
from ml.train import train
from ml.training_data import TrainingData

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = 2_000
# Interactions, shoppers, products.
SIZES = (
    (10_000, 1_000, 500),
    (100_000, 5_000, 2_000),
    (100_000, 20_000, 2_000),
    (100_000, 5_000, 8_000),
    (400_000, 10_000, 4_000),
    (400_000, 40_000, 4_000),
)


def generated(rows: int, shoppers: int, products: int) -> TrainingData:
    """Return interactions of ninety days, in which each shopper prefers one of twenty kinds of products."""
    chance = np.random.default_rng(1)
    users = (shoppers * chance.random(rows) ** 1.5).astype(np.int64)
    kind = np.where(chance.random(rows) < 0.7, users % 20, chance.integers(0, 20, rows))
    items = (products // 20 * chance.random(rows) ** 1.7).astype(np.int64) * 20 + kind
    log = InteractionLog(
        np.char.zfill(users.astype("S36"), 36),
        items,
        np.sort(np.datetime64("2025-12-01", "s") + chance.integers(0, 90 * 86_400, rows)),
        chance.choice(np.array([1, 3, 5], np.float32), rows),
    )
    words = chance.integers(0, WORDS, (products, 30))
    facts = [
        ProductFacts(place, f"kind{place % 20} w{row[0]} w{row[1]}", " ".join(f"w{word}" for word in row))
        for place, row in enumerate(words.tolist())
    ]
    return TrainingData(log, Catalogue.of(facts), NOW, log)


def measured(rows: int, shoppers: int, products: int) -> dict[str, float]:
    """Train one version in this process; return its greatest memory and its processor time."""
    data = generated(rows, shoppers, products)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        train(data, registry=Registry(Path(folder)), now=NOW)
    seconds = time.process_time() - started
    return {"mb": peak_mb(), "seconds": seconds}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--one", nargs=3, type=int, metavar=("ROWS", "SHOPPERS", "PRODUCTS"))
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measured(*options.one)))
        return 0
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.training", "--one", *map(str, size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(size, done.stdout.strip(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
