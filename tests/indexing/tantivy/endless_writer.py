"""Writes products into a generation and prints each id after its commit, until it is killed."""

import itertools
import sys
from pathlib import Path

from indexing.engine import PutDocument
from indexing.tantivy.engine import TantivyEngine
from tests.indexing.builders import NOW, product


def main(home: str, generation: str) -> None:
    engine = TantivyEngine(Path(home))
    for number in itertools.count(1):
        engine.write(generation, [PutDocument(product(number), 1)], now=NOW)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
