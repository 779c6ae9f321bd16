"""Evaluate a model of the next basket on files: `python -m ml.evaluate_baskets --train A --test B`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ml.arguments import assignment, positive
from ml.baskets import Baskets
from ml.dataset import Scores
from ml.metrics import Metrics, mean_metrics
from ml.models.buy_again import SHOPPERS_AT_ONCE, BuyAgain, choose
from ml.models.library import built
from ml.models.recipe import UnknownParameter
from ml.text_files import UnreadableInteractions, read_baskets
from ml.top import top


class NextBaskets(Protocol):
    """A trained model of baskets; immutable."""

    def score(self, histories: Baskets) -> Scores:
        """Return the scores, shoppers × items, of histories with the training data's items."""
        ...


class NoTestBaskets(ValueError):
    """No shopper of the test data has a history."""

    def __init__(self, shoppers: int) -> None:
        super().__init__(f"none of the {shoppers} shoppers of the test file is in the training file")


def evaluate(fitted: NextBaskets, *, histories: Baskets, test: Baskets, k: int) -> Metrics:
    """Return metrics of predicting each shopper's test basket; earlier purchases are in the lists.

    `test` has the shoppers and items of `histories`. An item that is not in the training data is a miss. A
    shopper with several test baskets has to be given all their items.

    Raises:
        NoTestBaskets: no shopper of `test` has a history.
    """
    sizes = np.bincount(test.shoppers, minlength=len(test.ids)).astype(np.int64)
    known = np.bincount(histories.shoppers, minlength=len(histories.ids)) > 0
    tested = np.flatnonzero(known & (sizes > 0))
    if not len(tested):
        raise NoTestBaskets(len(test.ids))
    blocks = np.array_split(tested, -(-len(tested) // SHOPPERS_AT_ONCE))
    ranked = np.concatenate([top(fitted.score(histories.of_shoppers(block)), k=k) for block in blocks])
    truth = test.weighted(np.ones(len(test.shoppers)))[tested]
    return mean_metrics(ranked, truth, sizes=sizes[tested])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the metrics and return 0, or print an error to stderr and return 1."""
    options = _parser().parse_args(arguments)
    try:
        model = built(BuyAgain, dict(options.set))
        train = Baskets.of(read_baskets(options.train))
        test = Baskets.of(read_baskets(options.test), ids=train.ids, items=train.items)
        started = time.process_time()
        if "own" not in dict(options.set):
            model = choose(train, recipe=model)
        found = evaluate(model.fit(train), histories=train, test=test, k=options.k)
        seconds = time.process_time() - started
    except (UnreadableInteractions, UnknownParameter, NoTestBaskets) as error:
        print(f"ml.evaluate_baskets: {error}", file=sys.stderr)
        return 1
    print(f"model        {model.name} {json.dumps(model.parameters)}")
    print(
        f"train        {len(train.ids)} shoppers, {len(train.items)} items, {len(train.positions)} purchases"
    )
    print(f"test         {found.users} shoppers, {seconds:.0f} s of processor time")
    for label, value in (("Recall", found.recall), ("NDCG", found.ndcg)):
        print(f"{f'{label}@{found.k}':<12} {value:.4f}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate_baskets", description=__doc__)
    parser.add_argument(
        "--train",
        type=Path,
        required=True,
        help="a history a line: `shopper TAB item item …;item …` (.gz, .xz)",
    )
    parser.add_argument("--test", type=Path, required=True, help="later baskets of the same shoppers")
    parser.add_argument("--k", type=positive, default=10, help="length of the lists (10)")
    parser.add_argument(
        "--set", type=assignment, action="append", default=[], metavar="NAME=VALUE", help="a model parameter"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
