"""A year of a real shop goes in, and comes out as it went in: sold to the cent, and found."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.online_retail_truth import months
from tests.services import RUN
from tests.services.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.data]

FIELDS = ("period", "units", "gross", "returns", "net", "orders")
MONEY = {"gross", "returns", "net"}


@pytest.fixture(scope="module")
def file(data_dir: str) -> Path:
    return Path(data_dir) / "online_retail" / "online_retail.csv.xz"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[Shop]:
    """The shop with all of the file in it, served."""
    shop = Shop(tmp_path_factory.mktemp("retail"), environ=RUN.shop_environ("retail"))
    shop.manage_all(
        ["migrate", "-v0"],
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


def found(shop: Shop, query: str) -> list[str]:
    return [hit["title"] for hit in shop.get(f"/api/search/?q={query}&page_size=5")[1]["results"]]


def test_all_thirteen_months_are_sold_to_the_cent(shop: Shop, file: Path) -> None:
    truth = months(file)
    assert len(truth) == 13

    assert sales(shop) == truth
    assert "agree" in shop.manage("reconcile")


@pytest.mark.parametrize(
    ("query", "word"),
    [("christmas+lights", "LIGHT"), ("wicker+heart", "WICKER"), ("lunch+bax", "LUNCH BAG|LUNCH BOX")],
)
def test_shoppers_find_what_they_mean(shop: Shop, query: str, word: str) -> None:
    titles = found(shop, query)

    assert titles
    assert all(any(part in title.upper() for part in word.split("|")) for title in titles)
