"""Evaluate a model on files: `python -m ml.evaluate --train A --test B --model NAME`."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from analytics_pipeline.settings import InvalidSetting
from ml.arguments import assignment, positive
from ml.dataset import UNKNOWN, Interactions
from ml.metrics import Metrics, mean_metrics
from ml.models import CatalogueNeeded, Fitted, ModelTooLarge
from ml.models.best import Best
from ml.models.blend import SharesMismatch
from ml.models.library import (
    MODELS,
    NameTaken,
    PluginMissing,
    UnknownModel,
    create,
    load_plugins,
)
from ml.models.recipe import UnknownParameter
from ml.settings import TrainingSettings
from ml.text_files import UnreadableInteractions, read_interactions
from ml.top import rank


class NoTestUsers(ValueError):
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
    rows = train.users.positions(test.users.values)
    sizes = np.diff(test.matrix.indptr).astype(np.int64)
    tested = np.flatnonzero((rows != UNKNOWN) & (sizes > 0))
    tested = tested[np.diff(train.matrix.indptr)[rows[tested]] > 0]
    if not len(tested):
        raise NoTestUsers(train_users=len(train.users), test_users=int((sizes > 0).sum()))
    truth = test.aligned_to(train)[rows[tested]]
    ranked, _ = rank(fitted, train.matrix[rows[tested]], k=k)
    return mean_metrics(ranked, truth, sizes=sizes[tested])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the metrics and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    try:
        settings = TrainingSettings.from_env()
        load_plugins(settings.plugins)
        model = create(options.model, dict(options.set))
        train, test = read_interactions(options.train), read_interactions(options.test)
        with threadpool_limits(settings.threads):
            if isinstance(model, Best):
                model = model.choose(train)
            found = evaluate(model.fit(train), train=train, test=test, k=options.k)
    except (
        InvalidSetting,
        UnreadableInteractions,
        UnknownModel,
        UnknownParameter,
        SharesMismatch,
        CatalogueNeeded,
        ModelTooLarge,
        NameTaken,
        NoTestUsers,
        PluginMissing,
    ) as error:
        print(f"ml.evaluate: {error}", file=sys.stderr)
        return 1
    _report(found, model=model.name, parameters=model.parameters, train=train, test=test)
    return 0


def _report(
    found: Metrics, *, model: str, parameters: Mapping[str, object], train: Interactions, test: Interactions
) -> None:
    k = found.k
    print(f"model        {model} {json.dumps(parameters)}")
    print(f"train        {len(train.users)} users, {len(train.items)} items, {train.matrix.nnz} pairs")
    print(f"test         {found.users} users of {len(test.users)} (the others have no history)")
    for label, value in (
        ("Recall", found.recall),
        ("NDCG", found.ndcg),
        ("MRR", found.mrr),
        ("Coverage", found.coverage),
    ):
        print(f"{f'{label}@{k}':<12} {value:.4f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="lines of `user item item …` (.gz, .xz)")
    parser.add_argument("--test", type=Path, required=True, help="later choices of the same users")
    parser.add_argument("--model", required=True, help=", ".join(MODELS))
    parser.add_argument("--k", type=positive, default=20, help="length of the lists (20)")
    parser.add_argument(
        "--set", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="a model parameter"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
