"""Recall@20 of item-kNN as a multiple of popularity's.

`python -m benchmarks.recommendation_quality PATH [--model NAME]`; PATH holds lines of `user item item …`, of
which a fifth of each user's items is held out.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ml.dataset import hold_out
from ml.evaluate import NoTestUsers, evaluate
from ml.models.library import MODELS, create
from ml.text_files import UnreadableInteractions, read_interactions

K = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both metrics and their ratio; return 0, or 1 for a file that can't be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--model", default="item_knn", choices=sorted(set(MODELS) - {"content"}))
    options = parser.parse_args(arguments)
    try:
        train, test = hold_out(read_interactions(options.path), share=0.2, seed=1)
        popularity, model = (
            evaluate(create(name).fit(train), train=train, test=test, k=K)
            for name in ("popularity", options.model)
        )
    except (UnreadableInteractions, NoTestUsers) as error:
        print(f"{options.path} can't be used: {error}", file=sys.stderr)
        return 1
    print(f"Recall@{K}: {options.model} {model.recall:.4f}, popularity {popularity.recall:.4f}")
    ratio = model.recall / popularity.recall if popularity.recall else float("inf")
    print(f"ratio: {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
