"""Processor time and memory of our models beside those of `implicit`: `python -m benchmarks.models [PATH]`.

PATH holds lines of `user item item …`; without one, pairs are generated. Every measurement is a process of
its own, in turn, with one thread. Item-kNN is compared with implicit's cosine of as many neighbours, ALS with
implicit's own with the same parameters. "All" are the 20 best items of every user, without those of the
history. The memory is the peak of the whole process.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from ml.dataset import Interactions
from ml.models import Model
from ml.models.als import Als
from ml.models.item_knn import ItemKnn
from ml.text_files import UnreadableInteractions, read_interactions
from ml.top import rank

K = 20
NEIGHBOURS = 200
FACTORS = 64
ROUNDS = 3
MEGABYTE = 1_000_000
USERS, ITEMS, PAIRS = 5_000, 4_000, 150_000
# What is measured, and what it is compared with.
OURS = {"item_knn": "implicit cosine", "als": "implicit als"}


def generated() -> Interactions:
    """Return pairs in which some items are more popular and each user prefers a tenth of them."""
    rng = np.random.default_rng(1)
    users = rng.integers(0, USERS, PAIRS)
    group = np.where(rng.random(PAIRS) < 0.8, users % 10, rng.integers(0, 10, PAIRS))
    items = (rng.random(PAIRS) ** 2 * (ITEMS // 10)).astype(np.int64) * 10 + group
    return Interactions.of_pairs(users, items)


def our_model(name: str, pairs: Interactions) -> Callable[[], Any]:
    """Fit one of our models; return the function that ranks for all users."""
    models: dict[str, Model] = {"item_knn": ItemKnn(neighbours=NEIGHBOURS), "als": Als(factors=FACTORS)}
    fitted = models[name].fit(pairs)
    return lambda: rank(fitted, pairs.matrix, k=K)


def implicit_model(name: str, pairs: Interactions) -> Callable[[], Any]:
    """Fit a model of `implicit`; return the function that ranks for all users."""
    als = Als(factors=FACTORS)
    model: Any = (
        CosineRecommender(K=NEIGHBOURS, num_threads=1)
        if name == "implicit cosine"
        else AlternatingLeastSquares(
            factors=FACTORS,
            regularization=als.regularization,
            alpha=als.alpha,
            iterations=als.iterations,
            num_threads=1,
            random_state=als.seed,
        )
    )
    matrix = csr_matrix(pairs.matrix)
    model.fit(matrix, show_progress=False)
    return lambda: model.recommend(np.arange(matrix.shape[0]), matrix, N=K)


def measured(name: str, path: Path | None) -> dict[str, float]:
    """Return the processor seconds of fitting and of all lists, and the greatest memory in MB."""
    with threadpool_limits(1):
        pairs = generated() if path is None else read_interactions(path)
        start = time.process_time()
        ranked = (our_model if name in OURS else implicit_model)(name, pairs)
        fitted = time.process_time()
        ranked()
        return {"fit": fitted - start, "all": time.process_time() - fitted, "memory": _peak_mb()}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def table(found: dict[str, list[dict[str, float]]]) -> list[str]:
    """Return the medians of each model, and ours as ratios to implicit's."""
    middle = {
        name: {what: median(one[what] for one in rounds) for what in ("fit", "all", "memory")}
        for name, rounds in found.items()
    }
    lines = [f"{'':<18}{'fit, s':>9}{'all, s':>9}{'memory, MB':>12}"]
    for ours, theirs in OURS.items():
        for name in (ours, theirs):
            one = middle[name]
            lines.append(f"{name:<18}{one['fit']:>9.2f}{one['all']:>9.2f}{one['memory']:>12.0f}")
        ratios = (middle[ours][what] / max(middle[theirs][what], 1e-9) for what in ("fit", "all", "memory"))
        fit, everyone, memory = ratios
        lines.append(f"{'ratio':<18}{fit:>9.2f}{everyone:>9.2f}{memory:>12.2f}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and return 0, or 1 if the file can't be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"measurements of each model ({ROUNDS})")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        if options.measure:
            print(json.dumps(measured(options.measure, options.path)))
            return 0
        pairs = generated() if options.path is None else read_interactions(options.path)
    except UnreadableInteractions as error:
        print(error, file=sys.stderr)
        return 1
    size = f"{len(pairs.users):,} users, {len(pairs.items):,} items, {pairs.matrix.nnz:,} pairs"
    print(f"{size}; {options.rounds} rounds")
    names = [name for pair in OURS.items() for name in pair]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            found[name].append(_in_a_process(name, options.path))
    print(*table(found), sep="\n")
    return 0


def _in_a_process(name: str, path: Path | None) -> dict[str, float]:
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.models", *([] if path is None else [str(path)])]
    done = subprocess.run(
        [*command, "--measure", name],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **one_thread},
    )
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
