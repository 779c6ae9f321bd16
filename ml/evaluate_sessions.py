"""Evaluate a session model on files: `python -m ml.evaluate_sessions --train A --test B`."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml import evaluation_command
from ml.dataset import UNKNOWN, Positions
from ml.evaluation_command import NothingToEvaluate
from ml.models.library import built
from ml.models.session_knn import SessionKnn
from ml.sequences import Sequences
from ml.text_files import read_sequences

COMMAND = "ml.evaluate_sessions"


class NextItems(Protocol):
    """A trained model of sequences; immutable."""

    def next(self, prefix: Positions) -> tuple[Positions, NDArray[np.float64]]:
        """Return the items that may come after the prefix, and their scores."""
        ...


class NoNextItems(NothingToEvaluate):
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
    found = ranks(fitted, test, k=k)
    if not len(found):
        raise NoNextItems(len(test))
    return NextMetrics(
        k, len(found), float((found > 0).mean()), float((1 / found[found > 0]).sum() / len(found))
    )


def ranks(fitted: NextItems, test: Sequences, *, k: int) -> NDArray[np.int64]:
    """Return the rank of each item of each session but the first, predicted from the items before it.

    The rank is 0 if the item isn't among the first k.
    """
    return np.array(
        [
            _rank(fitted.next(session[:length]), int(session[length]), k=k)
            for session in test
            for length in range(1, len(session))
        ],
        dtype=np.int64,
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
    return evaluation_command.run(COMMAND, lambda _: _report(options))


def _report(options: argparse.Namespace) -> Iterator[str]:
    model = built(SessionKnn, dict(options.set))
    train = Sequences.of(read_sequences(options.train))
    test = Sequences.of(read_sequences(options.test), items=train.items)
    fitted = model.fit(train)
    started = time.process_time()
    found = evaluate(fitted, test, k=options.k)
    milliseconds = 1_000 * (time.process_time() - started) / found.predictions
    yield f"model        {model.name} {json.dumps(model.parameters)}"
    yield f"train        {len(train)} sessions, {len(train.items)} items, {len(train.positions)} views"
    yield f"test         {found.predictions} predictions, {milliseconds:.2f} ms of processor time each"
    yield f"{f'P@{found.k}':<12} {found.precision:.4f}"
    yield f"{f'MRR@{found.k}':<12} {found.mrr:.4f}"


def _parser() -> argparse.ArgumentParser:
    return evaluation_command.parser(
        COMMAND,
        description="Evaluate a session model on files.",
        train="a session a line, oldest first: `item item …`",
        test="later sessions",
        k=20,
    )


if __name__ == "__main__":
    sys.exit(main())
