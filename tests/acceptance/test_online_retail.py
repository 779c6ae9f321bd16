"""A public data set with a year of sales is imported: reports show its exact revenue, and search finds its products.

The whole of it is imported into PostgreSQL. SQLite gets a fifth of the invoices, from all months, because the time of
the import grows only with their number.
"""

import csv
import json
import lzma
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.expected_online_retail import months
from tests.services import RUN
from tests.services.schema import migrate
from tests.services.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.stores, pytest.mark.once]

FIELDS = ("period", "units", "gross", "returns", "net", "orders")
MONEY = {"gross", "returns", "net"}


@pytest.fixture(scope="module")
def file(data_dir: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to import: the data set, or a part of it without a database server."""
    whole = Path(data_dir) / "online_retail" / "online_retail.csv.xz"
    if RUN.database_url:
        return whole
    return write_a_fifth(whole, tmp_path_factory.mktemp("part") / "online_retail.csv.xz")


def write_a_fifth(whole: Path, part: Path) -> Path:
    """Write all lines of the invoices and cancellations whose number ends with 0 or 5."""
    with (
        lzma.open(whole, "rt", encoding="utf-8", newline="") as source,
        lzma.open(part, "wt", preset=0, encoding="utf-8", newline="") as target,
    ):
        reader, writer = csv.reader(source), csv.writer(target)
        writer.writerow(next(reader))
        writer.writerows(row for row in reader if row[0].endswith(("0", "5")))
    return part


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[Shop]:
    """A running shop with all products and orders of `file`."""
    shop = Shop(tmp_path_factory.mktemp("retail"), environ=RUN.shop_environ("retail"))
    migrate(shop)
    shop.manage_all(
        ["migrate_warehouse"],
        ["rebuild_index"],
        ["import_catalog", "--format", "online-retail", str(file)],
        ["import_orders", "--format", "online-retail", str(file)],
        timeout=900,
    )
    shop.start()
    yield shop
    shop.stop()


def sales(shop: Shop) -> list[dict[str, Any]]:
    span = ("--start-date", "2010-01-01", "--end-date", "2012-12-31", "--group-by", "month")
    rows = json.loads(shop.manage("report", "sales", *span, "--format", "json"))
    return [{name: Decimal(row[name]) if name in MONEY else row[name] for name in FIELDS} for row in rows]


def titles_found(shop: Shop, query: str) -> list[str]:
    return [hit["title"] for hit in shop.get(f"/api/search/?q={query}&page_size=5")[1]["results"]]


def test_the_sales_report_is_exact_for_all_thirteen_months(shop: Shop, file: Path) -> None:
    expected = months(file)
    assert len(expected) == 13

    assert sales(shop) == expected
    assert "agree" in shop.manage("reconcile")


@pytest.mark.parametrize(
    ("query", "word"),
    [("christmas+lights", "LIGHT"), ("wicker+heart", "WICKER"), ("lunch+bax", "LUNCH BAG|LUNCH BOX")],
)
def test_a_search_finds_titles_with_the_words_that_were_meant(shop: Shop, query: str, word: str) -> None:
    titles = titles_found(shop, query)

    assert titles
    assert all(any(part in title.upper() for part in word.split("|")) for title in titles)
