"""NDCG@20 and recall@20 of each model by segments of users and items, with paired bootstrap intervals.

`python -m benchmarks.model_segments --train A --test B`, or `--pairs A`, of which a fifth of each user's
items is held out. All are lines of `user item item …`. Prints a Markdown table: a row for each segment with
each model's recall/NDCG, the best by NDCG, and the interval of 95 % of its lead over the second one.

Users are cold, warm and heavy by thirds of the lengths of their histories. Popular items are those that make
up half of the training pairs; for segments of items only test items of the segment count.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from ml.dataset import Interactions, Positions, hold_out
from ml.intervals import mean_interval
from ml.metrics import hits, ndcg, recall
from ml.models.library import MODELS, create
from ml.text_files import UnreadableInteractions, read_interactions
from ml.top import rank

K = 20
SEGMENTS = ("all", "cold", "warm", "heavy", "rare items", "popular items")


@dataclass(frozen=True)
class Data:
    """The measured users' histories and truth, and the columns that are popular items."""

    train: Interactions
    rows: Positions
    truth: csr_array
    popular: NDArray[np.bool_]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and return 0, or print why the files can't be used and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--users", type=int, default=4_000)
    parser.add_argument("--models", default="popularity,item_knn,local_ridge,low_pass,als,blend,best")
    options = parser.parse_args(arguments)
    names = options.models.split(",")
    if unknown := sorted(set(names) - set(MODELS)):
        parser.error(f"no such model: {', '.join(unknown)}")
    if (options.pairs is None) == (options.train is None or options.test is None):
        parser.error("give either --pairs, or --train and --test")
    try:
        if options.pairs is not None:
            train, test = hold_out(read_interactions(options.pairs), share=0.2, seed=1)
        else:
            train, test = read_interactions(options.train), read_interactions(options.test)
    except UnreadableInteractions as error:
        print(error, file=sys.stderr)
        return 1
    print(*table(prepared(train, test, users=options.users), names), sep="\n")
    return 0


def prepared(train: Interactions, test: Interactions, *, users: int) -> Data:
    """Return the data of at most `users` random users with a history and a test item of the training data."""
    truth = test.aligned_to(train)
    rows = np.flatnonzero((np.diff(train.matrix.indptr) > 0) & (np.diff(truth.indptr) > 0))
    if len(rows) > users:
        rows = np.sort(np.random.default_rng(0).choice(rows, users, replace=False))
    buyers = np.bincount(train.matrix.indices, minlength=train.matrix.shape[1])
    order = np.argsort(-buyers, kind="stable")
    popular = np.zeros(len(buyers), dtype=bool)
    popular[order[: np.searchsorted(np.cumsum(buyers[order]), buyers.sum() / 2) + 1]] = True
    return Data(train, rows, truth[rows], popular)


def table(data: Data, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table, after a line with the users, items and pairs."""
    measured = {name: _by_segment(data, _ranked(data, name)) for name in names}
    matrix = data.train.matrix
    yield f"{len(data.rows)} of {matrix.shape[0]} users, {matrix.shape[1]} items, {matrix.nnz} training pairs"
    yield ""
    yield f"| segment | users | {' | '.join(names)} | leads | lead over the second, 95 % |"
    yield f"| --- | --- |{' --- |' * len(names)} --- | --- |"
    for segment in SEGMENTS:
        values = {name: measured[name][segment] for name in names}
        means = {name: value.mean(axis=0) for name, value in values.items()}
        ordered = sorted(names, key=lambda name: -float(means[name][1]))
        second = ordered[min(1, len(names) - 1)]
        lead = mean_interval(values[ordered[0]][:, 1] - values[second][:, 1], confidence=0.95)
        cells = " | ".join(f"{means[name][0]:.4f}/{means[name][1]:.4f}" for name in names)
        count = len(values[names[0]])
        yield f"| {segment} | {count} | {cells} | {ordered[0]} | {lead.low:+.4f} … {lead.high:+.4f} |"


def _ranked(data: Data, name: str) -> Positions:
    started = time.process_time()
    fitted = create(name).fit(data.train)
    print(f"{name}: {time.process_time() - started:.0f} s of processor time", file=sys.stderr, flush=True)
    return rank(fitted, data.train.matrix[data.rows], k=K)[0]


def _by_segment(data: Data, ranked: Positions) -> Mapping[str, NDArray[np.float64]]:
    """Return for each segment its users' recall and NDCG, users × 2."""
    lengths = np.diff(data.train.matrix.indptr)[data.rows]
    order = np.argsort(np.argsort(lengths, kind="stable"), kind="stable")
    third = order * 3 // len(order)
    found = {"all": _values(ranked, data.truth)}
    for place, name in enumerate(("cold", "warm", "heavy")):
        found[name] = found["all"][third == place]
    for name, columns in (("rare items", ~data.popular), ("popular items", data.popular)):
        part = csr_array(data.truth @ diags_array(columns.astype(np.float32)))
        part.eliminate_zeros()
        kept = np.flatnonzero(np.diff(part.indptr) > 0)
        found[name] = _values(ranked[kept], part[kept])
    return found


def _values(ranked: Positions, truth: csr_array) -> NDArray[np.float64]:
    hit, sizes = hits(ranked, truth), np.diff(truth.indptr).astype(np.int64)
    return np.column_stack((recall(hit, sizes), ndcg(hit, sizes)))


if __name__ == "__main__":
    sys.exit(main())
