"""Evaluate a session model on files: `python -m ml.evaluate_sessions --train A --test B`."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml.arguments import assignment, positive
from ml.dataset import UNKNOWN, Positions
from ml.models.library import built
from ml.models.recipe import UnknownParameter
from ml.models.session_knn import SessionKnn
from ml.sequences import Sequences
from ml.text_files import UnreadableInteractions, read_sequences


class NextItems(Protocol):
    """A trained model of sequences; immutable."""

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        """Return the items that may come after the prefix, and their scores."""
        ...


class NoNextItems(ValueError):
    """No test session has two items."""

    def __init__(self, sessions: int) -> None:
        super().__init__(f"none of the {sessions} test sessions has a second item to predict")


@dataclass(frozen=True, slots=True)
class NextMetrics:
    """Means over all predictions: the share with the next item in the list, and one over its rank."""

    k: int
    predictions: int
    precision: float
    mrr: float


def evaluate(fitted: NextItems, test: Sequences, *, k: int) -> NextMetrics:
    """Return metrics of predicting each item of each session from the items before it.

    An item that is not in the training data is a miss. Nothing is left out of the lists: people look again.

    Raises:
        NoNextItems: no session has two items.
    """
    ranks = np.array(
        [
            _rank(fitted.next(session[:length]), int(session[length]), k=k)
            for session in test
            for length in range(1, len(session))
        ]
    )
    if not len(ranks):
        raise NoNextItems(len(test))
    return NextMetrics(
        k, len(ranks), float((ranks > 0).mean()), float((1 / ranks[ranks > 0]).sum() / len(ranks))
    )


def _rank(candidates: tuple[Positions, NDArray[np.float64]], truth: int, *, k: int) -> int:
    """Return the rank of the true item among the candidates, 0 if it isn't among the first k.

    Equal scores are ranked by position.
    """
    items, scores = candidates
    place = np.searchsorted(items, truth)
    if truth == UNKNOWN or place == len(items) or items[place] != truth:
        return 0
    own = scores[place]
    rank = int((scores > own).sum() + (scores[:place] == own).sum()) + 1
    return rank if rank <= k else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the metrics and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    try:
        model = built(SessionKnn, dict(options.set))
        train = Sequences.of(read_sequences(options.train))
        test = Sequences.of(read_sequences(options.test), items=train.items)
        fitted = model.fit(train)
        started = time.process_time()
        found = evaluate(fitted, test, k=options.k)
        seconds = time.process_time() - started
    except (UnreadableInteractions, UnknownParameter, NoNextItems) as error:
        print(f"ml.evaluate_sessions: {error}", file=sys.stderr)
        return 1
    for line in _report(found, model=model, train=train, milliseconds=1_000 * seconds / found.predictions):
        print(line)
    return 0


def _report(found: NextMetrics, *, model: SessionKnn, train: Sequences, milliseconds: float) -> Iterator[str]:
    yield f"model        {model.name} {json.dumps(model.parameters)}"
    yield f"train        {len(train)} sessions, {len(train.items)} items, {len(train.positions)} views"
    yield f"test         {found.predictions} predictions, {milliseconds:.2f} ms of processor time each"
    yield f"{f'P@{found.k}':<12} {found.precision:.4f}"
    yield f"{f'MRR@{found.k}':<12} {found.mrr:.4f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate_sessions", description=__doc__)
    parser.add_argument(
        "--train", type=Path, required=True, help="a session a line, oldest first: `item item …` (.gz, .xz)"
    )
    parser.add_argument("--test", type=Path, required=True, help="later sessions")
    parser.add_argument("--k", type=positive, default=20, help="length of the lists (20)")
    parser.add_argument(
        "--set", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="a model parameter"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
