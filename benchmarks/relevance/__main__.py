"""The contribution of each ranking feature: `python -m benchmarks.relevance` (`make bench-relevance`).

Each catalogue gets a separate index. Judged queries are searched with and without each feature. A table shows
NDCG@10 and recall@50 with the paired gain and its 95 % bootstrap interval over queries, and the median time
of a search (docs/decisions/search-ranking.md). With VITRINE_ENCODER it has rows for meaning, timed without
encoding the query, which is done once for all its searches.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from backend.importing.errors import UnreadableFile
from backend.search.evaluation import indexed_separately
from benchmarks.relevance.ablation import contributions, table
from benchmarks.relevance.generated import generated
from benchmarks.relevance.public import public_samples
from benchmarks.relevance.samples import Sample, from_folder, known_items, model_numbers
from indexing.encoder.settings import EncoderSettings, EncoderSettingsError
from indexing.errors import SearchError
from indexing.settings import SearchSettings, SettingsError
from ml.ranking.relevance import NoRelevantProducts


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for each catalogue and engine; return 0, or 1 if one can't be used."""
    options = _parser().parse_args(arguments)
    try:
        for sample in map(options.queries, _samples(options)):
            for settings in _engines(options.elasticsearch):
                _measure(sample, settings, rounds=options.rounds)
    except (UnreadableFile, SearchError, NoRelevantProducts, SettingsError, EncoderSettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        help="folders with products.csv and judgments.csv (also .gz, .xz; columns as for `evaluate_search`); "
        "without judgments.csv, categories are the queries. Default: the public data sets in "
        "TEST_DATA_DIR, or else a generated catalogue",
    )
    parser.add_argument("--elasticsearch", metavar="URL", help="measure this Elasticsearch as well")
    queries = parser.add_mutually_exclusive_group()
    queries.add_argument(
        "--known-items",
        action="store_const",
        dest="queries",
        const=known_items,
        default=_as_judged,
        help="search for single products with words of their titles",
    )
    queries.add_argument(
        "--model-numbers",
        action="store_const",
        dest="queries",
        const=model_numbers,
        help="search for model numbers of titles, without their separators",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each search is timed")
    parser.add_argument("--products", type=int, default=2_000, help="the size of the generated catalogue")
    return parser


def _samples(options: argparse.Namespace) -> Iterator[Sample]:
    if options.folders:
        yield from map(from_folder, options.folders)
        return
    samples = public_samples(Path(os.environ.get("TEST_DATA_DIR", "")))
    first = next(samples, None)
    yield first or generated(products=options.products)
    yield from samples


def _as_judged(sample: Sample) -> Sample:
    return sample


def _engines(elasticsearch_url: str | None) -> Iterator[SearchSettings]:
    # The folder and the prefix are replaced by those of a separate index.
    home, encoder = Path(tempfile.gettempdir()), EncoderSettings.from_env()
    yield SearchSettings(engine="tantivy", home=home, encoder=encoder)
    if elasticsearch_url:
        yield SearchSettings(
            engine="elasticsearch",
            home=home,
            elasticsearch_url=elasticsearch_url,
            prefix="bench",
            encoder=encoder,
        )


def _measure(sample: Sample, settings: SearchSettings, *, rounds: int) -> None:
    with indexed_separately(sample.products, settings=settings) as engine:
        rows = contributions(sample, engine=engine, rounds=rounds)
    size = f"{len(sample.products):,} products, {len(sample.judgments)} queries"
    print(f"{sample.name} on {settings.engine}: {size}", "", *table(rows), "", sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
