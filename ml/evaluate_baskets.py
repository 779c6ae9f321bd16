"""Evaluate a model of the next basket on files: `python -m ml.evaluate_baskets --train A --test B`."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from ml import evaluation_command
from ml.baskets import Baskets
from ml.dataset import UNKNOWN, Interactions, Scores
from ml.evaluation_command import NothingToEvaluate
from ml.metrics import Metrics, mean_metrics
from ml.models.buy_again import SHOPPERS_AT_ONCE, BuyAgain, choose
from ml.models.library import built
from ml.models.ranked_basket import RankedBasket
from ml.text_files import read_baskets
from ml.top import top

COMMAND = "ml.evaluate_baskets"
MODELS: Mapping[str, type[BuyAgain] | type[RankedBasket]] = {
    recipe.name: recipe for recipe in (RankedBasket, BuyAgain)
}


class NextBaskets(Protocol):
    """A trained model of baskets; immutable."""

    def score(self, histories: Baskets) -> Scores:
        """Return the scores, shoppers × items, of histories with the training data's items."""
        ...


class NoTestBaskets(NothingToEvaluate):
    """No shopper of the test data has a history."""

    def __init__(self, shoppers: int) -> None:
        super().__init__(f"none of the {shoppers} shoppers of the test file is in the training file")


def evaluate(fitted: NextBaskets, *, histories: Baskets, test: Interactions, k: int) -> Metrics:
    """Return metrics of predicting what each shopper of `test` bought; earlier purchases are in the lists.

    An item that is not in the training data is a miss. A shopper with several test baskets has to be given
    all their items, each of which counts once.

    Raises:
        NoTestBaskets: no shopper of `test` has a history.
    """
    rows = histories.ids.positions(test.users.values)
    known = np.bincount(histories.shoppers, minlength=len(histories.ids)) > 0
    tested = np.flatnonzero(rows != UNKNOWN)
    tested = tested[known[rows[tested]]]
    if not len(tested):
        raise NoTestBaskets(len(test.users))
    blocks = np.array_split(rows[tested], -(-len(tested) // SHOPPERS_AT_ONCE))
    ranked = np.concatenate([top(fitted.score(histories.of_shoppers(block)), k=k) for block in blocks])
    truth = test.with_items(histories.items).matrix[tested]
    return mean_metrics(ranked, truth, sizes=np.diff(test.matrix.indptr).astype(np.int64)[tested])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the metrics and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    return evaluation_command.run(COMMAND, lambda _: _report(options))


def _report(options: argparse.Namespace) -> Iterator[str]:
    model = built(MODELS[options.model], dict(options.set))
    train, test = Baskets.of(read_baskets(options.train)), Baskets.of(read_baskets(options.test)).pairs()
    started = time.process_time()
    if isinstance(model, BuyAgain):
        model = choose(train, recipe=model, k=options.k, given=dict(options.set))
    found = evaluate(model.fit(train), histories=train, test=test, k=options.k)
    seconds = time.process_time() - started
    yield f"model        {model.name} {json.dumps(model.parameters)}"
    purchases = len(train.positions)
    yield f"train        {len(train.ids)} shoppers, {len(train.items)} items, {purchases} purchases"
    yield f"test         {found.users} shoppers, {seconds:.0f} s of processor time"
    for label, value in (("Recall", found.recall), ("NDCG", found.ndcg)):
        yield f"{f'{label}@{found.k}':<12} {value:.4f}"


def _parser() -> argparse.ArgumentParser:
    parser = evaluation_command.parser(
        COMMAND,
        description="Evaluate a model of the next basket on files.",
        train="a history a line: `shopper TAB item item …;item item …`",
        test="later baskets of the same shoppers",
        k=10,
    )
    parser.add_argument("--model", choices=MODELS, default=RankedBasket.name)
    return parser


if __name__ == "__main__":
    sys.exit(main())
