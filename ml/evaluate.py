"""Evaluate a model on files: `python -m ml.evaluate --train A --test B --model NAME`."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml import engines, evaluation_command
from ml.dataset import UNKNOWN, Interactions, Positions
from ml.evaluation_command import NothingToEvaluate
from ml.metrics import Metrics, mean_metrics
from ml.models import Fitted
from ml.models.best import Best
from ml.models.library import MODELS, create, load_plugins
from ml.settings import TrainingSettings
from ml.text_files import read_interactions
from ml.top import rank

COMMAND = "ml.evaluate"


class NoTestUsers(NothingToEvaluate):
    """No user of the test data has a history in the training data."""

    def __init__(self, *, train_users: int, test_users: int) -> None:
        super().__init__(
            f"none of the {test_users} users of the test file is among the {train_users} of the training file"
        )


def evaluate(fitted: Fitted, *, train: Interactions, test: Interactions, k: int) -> Metrics:
    """Return metrics for the users of `test` with a history in `train`, over all items outside it.

    A test item that is unknown in the training data counts as a miss.

    Raises:
        NoTestUsers: no user of `test` has a history in `train`.
    """
    rows, truth, sizes = tested(train, test)
    ranked, _ = rank(fitted, train.matrix[rows], k=k)
    return mean_metrics(ranked, truth, sizes=sizes)


def tested(histories: Interactions, test: Interactions) -> tuple[Positions, csr_array, NDArray[np.int64]]:
    """Return the rows of test users with a history, what each of them chose (users × items), and how much.

    The numbers of chosen items include those that `histories` doesn't have.

    Raises:
        NoTestUsers: there is no such user.
    """
    rows = histories.users.positions(test.users.values)
    sizes = np.diff(test.matrix.indptr).astype(np.int64)
    known = np.flatnonzero((rows != UNKNOWN) & (sizes > 0))
    known = known[np.diff(histories.matrix.indptr)[rows[known]] > 0]
    if not len(known):
        raise NoTestUsers(train_users=len(histories.users), test_users=int((sizes > 0).sum()))
    return rows[known], csr_array(test.aligned_to(histories)[rows[known]]), sizes[known]


def repeated_pairs(train: Interactions, test: Interactions) -> int:
    """Return how many pairs of `test` are in `train`, too. No list contains them, so they count as misses."""
    return int(test.aligned_to(train).multiply(train.matrix != 0).nnz)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the metrics and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    return evaluation_command.run(COMMAND, lambda settings: _report(options, settings=settings))


def _report(options: argparse.Namespace, *, settings: TrainingSettings) -> Iterator[str]:
    load_plugins(settings.plugins)
    model = create(options.model, dict(options.set))
    train, test = read_interactions(options.train), read_interactions(options.test)
    with engines.using(options.engine, settings):
        model, fitted = model.choose_and_fit(train) if isinstance(model, Best) else (model, model.fit(train))
    found = evaluate(fitted, train=train, test=test, k=options.k)
    yield f"model        {model.name} {json.dumps(model.parameters)}"
    yield f"train        {len(train.users)} users, {len(train.items)} items, {train.matrix.nnz} pairs"
    yield f"test         {found.users} users of {len(test.users)} (the others have no history)"
    if repeated := repeated_pairs(train, test):
        found_twice = f"{repeated} of {test.matrix.nnz} test pairs are in the training file, too"
        yield f"warning      {found_twice}: they count as misses"
    for label, value in (
        ("Recall", found.recall),
        ("NDCG", found.ndcg),
        ("MRR", found.mrr),
        ("Coverage", found.coverage),
    ):
        yield f"{f'{label}@{found.k}':<12} {value:.4f}"


def _parser() -> argparse.ArgumentParser:
    parser = evaluation_command.parser(
        COMMAND,
        description="Evaluate a model on files.",
        train="lines of `user item item …`",
        test="later choices of the same users",
        k=20,
    )
    parser.add_argument("--model", required=True, help=", ".join(MODELS))
    parser.add_argument("--engine", choices=engines.NAMES, default=engines.LOCAL, help=engines.HELP)
    return parser


if __name__ == "__main__":
    sys.exit(main())
