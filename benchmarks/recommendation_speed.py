"""Time to fit item-kNN and to rank with it, as a ratio to ALS.

`python -m benchmarks.recommendation_speed PATH`; PATH holds lines of `user item item …`. ALS is the library
`implicit` with 64 factors and 15 iterations; both may use every core.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ml.dataset import Interactions
from ml.models import Model
from ml.models.als import Als
from ml.models.item_knn import ItemKnn
from ml.text_files import UnreadableInteractions, read_interactions
from ml.top import rank

K = 20
SCORED = 5_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Print seconds and their ratios; return 0, or 1 if the file can't be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    options = parser.parse_args(arguments)
    try:
        pairs = read_interactions(options.path)
    except UnreadableInteractions as error:
        print(error, file=sys.stderr)
        return 1
    ours, theirs = (_seconds(model, pairs) for model in (ItemKnn(), Als(factors=64)))
    for what, mine, als in zip(("fit", f"rank for {SCORED} users"), ours, theirs, strict=True):
        print(f"{what}: item_knn {mine:.2f} s, als {als:.2f} s, ratio {mine / als:.2f}")
    return 0


def _seconds(model: Model, pairs: Interactions) -> tuple[float, float]:
    begun = time.perf_counter()
    fitted = model.fit(pairs)
    between = time.perf_counter()
    rank(fitted, pairs.matrix[:SCORED], k=K)
    return between - begun, time.perf_counter() - between


if __name__ == "__main__":
    sys.exit(main())
