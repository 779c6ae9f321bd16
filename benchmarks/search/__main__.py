"""The speed of search: `python -m benchmarks.search` (`make bench-search`).

Each part compares the shop's code with the engine alone, on the same machine and in turn: the endpoints of
search and suggestions with the requests that they send to the engine, a rebuild with bulk requests that were
prepared before, concurrent clients of the web process with clients that send those requests to Elasticsearch,
and misspelt queries and unusual texts with ordinary ones. It measures tantivy, and Elasticsearch if
ELASTICSEARCH_URL is set. With VITRINE_ENCODER, it also compares searches by words and meaning with those by
words alone. Compare ratios and CPU times; durations depend on the machine.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from indexing.encoder.settings import FOLDER, EncoderSettings

if TYPE_CHECKING:
    from indexing.engine import SearchEngine

PARTS = ("endpoints", "clients", "misspelt", "unusual", "meaning")

_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "THROTTLE_BROWSE": "1000000/second",
    # Another run may use the same cluster.
    "VITRINE_SEARCH_PREFIX": f"vitrine-bench-{os.getpid()}",
    "LOG_LEVEL": "ERROR",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=400, help="requests of each kind")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="after a rebuild; all by default"
    )
    options = parser.parse_args(arguments)
    url, encoder = os.environ.get("ELASTICSEARCH_URL"), EncoderSettings.from_env()
    os.environ.pop(FOLDER, None)  # the indices of the other parts have no vectors
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(_ENVIRON | {"VITRINE_HOME": folder})
        _run(Path(folder), options, url=url, encoder=encoder)
    return 0


def _run(
    home: Path, options: argparse.Namespace, *, url: str | None, encoder: EncoderSettings | None
) -> None:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from analytics_pipeline import embedded  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415
    from backend.engines import index  # noqa: PLC0415

    products, rounds = options.products, options.rounds
    call_command("migrate", verbosity=0)
    _import_products(products)
    with ExitStack() as stack:
        stack.enter_context(embedded.ensure(PipelineSettings(home=home), embedded.VALKEY))
        for name in ("tantivy", "elasticsearch") if url else ("tantivy",):
            os.environ["VITRINE_SEARCH_ENGINE"] = name
            index.engine.cache_clear()
            engine = index.engine()
            stack.callback(engine.close)
            stack.callback(engine.destroy)
            print(f"\n{name}, {products:,} products")
            _measure(engine, options, url=url)
            if encoder is not None and "meaning" in options.parts:
                _compare_meaning(encoder, name=name, url=url, products=products, rounds=rounds)


def _measure(engine: "SearchEngine", options: argparse.Namespace, *, url: str | None) -> None:
    from benchmarks.application import Application  # noqa: PLC0415
    from benchmarks.search import building, clients, endpoints, fuzzed  # noqa: PLC0415
    from indexing.elasticsearch.engine import ElasticsearchEngine  # noqa: PLC0415

    rounds, parts = options.rounds, options.parts
    building.compare(engine, url=url, products=options.products)
    application = Application()
    if "endpoints" in parts:
        endpoints.measure(application, engine, url=url, rounds=rounds)
    if "clients" in parts and isinstance(engine, ElasticsearchEngine):
        clients.compare(application, engine, url=str(url), rounds=rounds)
    if "misspelt" in parts:
        endpoints.compare_misspelt(application, _change_of(engine), rounds=max(20, rounds // 10))
    if "unusual" in parts:
        fuzzed.compare(application, rounds=rounds)


def _compare_meaning(
    encoder: EncoderSettings, *, name: str, url: str | None, products: int, rounds: int
) -> None:
    from benchmarks.search import meaning  # noqa: PLC0415

    meaning.compare(encoder, name=name, url=url, count=products, rounds=rounds)


def _change_of(engine: "SearchEngine") -> Callable[[], object]:
    """Return a function that writes one product again, as the relay does."""
    from django.utils import timezone  # noqa: PLC0415

    from backend.catalog.models import Product  # noqa: PLC0415
    from backend.search import projection  # noqa: PLC0415

    first, generation = Product.objects.order_by("pk")[0].pk, engine.serving().name
    return lambda: engine.write(generation, projection.project([first]), now=timezone.now())


def _import_products(count: int) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from backend.accounts.imported import seller_of  # noqa: PLC0415
    from backend.audit.actors import Actor  # noqa: PLC0415
    from backend.catalog.bulk import upsert_products  # noqa: PLC0415
    from benchmarks.search.catalogue import products  # noqa: PLC0415

    seller, by = seller_of("benchmark").pk, Actor.system("benchmark")
    for batch in products(count):
        upsert_products(batch, source="benchmark", seller_id=seller, by=by, now=timezone.now())


if __name__ == "__main__":
    sys.exit(main())
