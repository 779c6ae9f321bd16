"""CPU of product pages, compared with the framework's: `python -m benchmarks.pages` (`make bench-pages`).

One process serves both with the shop's middleware and throttles, in a temporary home with the embedded
stores. The requests alternate. Compare ratios, because milliseconds depend on the machine.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

PRODUCTS = 200
VARIANTS = (3, 60)
PAGE_SIZE = 40
_ENVIRON = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.pages.settings",
    "VITRINE_ENV_FILE": "/dev/null",
    "THROTTLE_BROWSE": "1000000/second",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Cost:
    """CPU seconds of each request, and the number of queries of one."""

    seconds: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def median(self) -> float:
        """The median CPU time of a request."""
        return statistics.median(self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ratios; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="requests of each kind")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder:
        os.environ.update(_ENVIRON | {"VITRINE_HOME": folder})
        _run(Path(folder), rounds=options.rounds)
    return 0


def _run(home: Path, *, rounds: int) -> None:
    import django  # noqa: PLC0415 - the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from analytics_pipeline import embedded  # noqa: PLC0415
    from analytics_pipeline.settings import PipelineSettings  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with embedded.ensure(PipelineSettings(home=home), embedded.VALKEY):
        products = {count: _make_products(count) for count in VARIANTS}
        client = Client(SERVER_NAME="localhost")
        print("page                     CPU ms  plain ms  x plain  queries  plain queries")
        for count, first in products.items():
            for name, paths in _pages(count, first).items():
                shop, plain = _measured(client, paths, rounds=rounds)
                print(
                    f"{name:23}  {shop.median * 1e3:6.2f}  {plain.median * 1e3:8.2f}"
                    f"  {shop.median / plain.median:7.2f}  {shop.queries:7}  {plain.queries:13}"
                )


def _pages(count: int, product_id: int) -> dict[str, tuple[str, str]]:
    """Return the shop's path and the plain one by the name of the page."""
    size = f"page_size={PAGE_SIZE}"
    # Products with more variants are newer, so each page lists products with equally many.
    page = 1 + (len(VARIANTS) - 1 - VARIANTS.index(count)) * PRODUCTS // PAGE_SIZE
    return {
        f"{PAGE_SIZE} products x {count}": (
            f"/api/products/?{size}&page={page}",
            f"/benchmark/products/?{size}&page={page}",
        ),
        f"a product with {count}": (f"/api/products/{product_id}/", f"/benchmark/products/{product_id}/"),
    }


def _measured(client: "Client", paths: Sequence[str], *, rounds: int) -> list[Cost]:
    costs = [Cost(queries=_queries(client, path)) for path in paths]
    for _ in range(rounds):
        for path, cost in zip(paths, costs, strict=True):
            begun = time.process_time()
            response = client.get(path)
            cost.seconds.append(time.process_time() - begun)
            assert response.status_code == 200, response.content
    return costs


def _queries(client: "Client", path: str) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def _make_products(variants: int) -> int:
    """Create products with this number of variants; return the id of the first."""
    from django.utils import timezone  # noqa: PLC0415

    from backend.accounts.imported import seller_of  # noqa: PLC0415
    from backend.audit.actors import Actor  # noqa: PLC0415
    from backend.catalog.bulk import upsert_products  # noqa: PLC0415
    from backend.catalog.imported import ImportedProduct, ImportedVariant  # noqa: PLC0415
    from backend.catalog.models import Product  # noqa: PLC0415

    made = upsert_products(
        [
            ImportedProduct(
                reference=f"{variants}-{number}",
                title=f"Copper kettle {number}",
                description="Holds a litre and a half, and whistles. " * 8,
                brand=f"Brand {number % 12}",
                category=("Home", "Kitchen", f"Kettles {number % 9}"),
                price=Decimal("89.00"),
                currency="USD",
                discount_percentage=Decimal(number % 30),
                rating_average=Decimal("4.25"),
                rating_count=number,
                attributes={"material": "copper"},
                image_urls=(f"https://shop.example/images/{number}.jpg",),
                variants=tuple(
                    ImportedVariant(sku=f"K-{variants}-{number}-{one}", attributes={"size": str(one)})
                    for one in range(variants)
                ),
            )
            for number in range(PRODUCTS)
        ],
        source=f"benchmark-{variants}",
        seller_id=seller_of("benchmark").pk,
        by=Actor.system("benchmark"),
        now=timezone.now(),
    )
    assert len(made.created) == PRODUCTS
    return Product.objects.filter(source=f"benchmark-{variants}").order_by("pk")[0].pk


if __name__ == "__main__":
    sys.exit(main())
