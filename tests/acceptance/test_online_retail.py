"""A public data set with a year of sales is imported: reports equal pandas, and search finds its products.

The whole of it is imported into PostgreSQL. SQLite gets a twentieth of the invoices, from all months, because the time of
the import grows only with their number.
"""

import csv
import json
import lzma
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.acceptance import expected_online_retail as expected
from tests.services import RUN
from tests.services.schema import migrate
from tests.services.shop import Shop

if TYPE_CHECKING:
    import pandas as pd

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.stores, pytest.mark.once]

SPAN = {"start_date": "2010-01-01", "end_date": "2012-12-31"}
SUMMER = {"start_date": "2011-06-01", "end_date": "2011-08-31"}
# The last day of the first half year; the data end 183 days later.
HALF_YEAR = "2011-06-09"
FIGURES = ("units", "gross", "returns", "net", "orders", "buyers", "returned_units")
# The length of periods and the breakdown of a report of sales, and the columns of the truth that it is compared with.
SALES = {
    ("month", "none"): ["month"],
    ("day", "none"): ["day"],
    ("month", "product"): ["month", "sku"],
    ("day", "country"): ["day", "country"],
    ("month", "customer_type"): ["month", "customer_type"],
}
QUESTIONS = {
    **{
        f"{length} {part}": ("sales", {**SPAN, "group_by": length, "breakdown": part})
        for length, part in SALES
    },
    "compared": ("sales", {**SUMMER, "group_by": "month", "compare": "previous_period"}),
    "cohorts": ("cohorts", {}),
    "rfm": ("rfm", {}),
    "rfm_customers": ("rfm_customers", {"limit": 100_000}),
    "baskets": ("baskets", {"minimum_orders": 20, "most_products": 5_000, "limit": 300}),
    "values": ("customer_value", {"end_date": HALF_YEAR, "horizon_days": 183, "limit": 100_000}),
}
# Runs all reports in one process, and adds the SKU of each product.
ASK = """
import json, sys
from analytics_pipeline import reports
from backend.catalog.models import Variant
from backend.engines.warehouse import warehouse
run = lambda name, given: reports.run(warehouse(), name, **given).records()
found = {question: run(*asked) for question, asked in json.loads(%r).items()}
found["skus"] = [dict(Variant.objects.values_list("product_id", "sku"))]
sys.stdout.write(json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def file(data_dir: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to import: the data set, or a part of it without a database server."""
    whole = Path(data_dir) / "online_retail" / "online_retail.csv.xz"
    if RUN.database_url:
        return whole
    return write_a_twentieth(whole, tmp_path_factory.mktemp("part") / "online_retail.csv.xz")


def write_a_twentieth(whole: Path, part: Path) -> Path:
    """Write all lines of the invoices and cancellations whose number ends with an odd digit and 0."""
    with (
        lzma.open(whole, "rt", encoding="utf-8", newline="") as source,
        lzma.open(part, "wt", preset=0, encoding="utf-8", newline="") as target,
    ):
        reader, writer = csv.reader(source), csv.writer(target)
        writer.writerow(next(reader))
        writer.writerows(row for row in reader if row[0].endswith(("10", "30", "50", "70", "90")))
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


@pytest.fixture(scope="module")
def answers(shop: Shop) -> dict[str, Any]:
    """The rows of each of QUESTIONS."""
    code = ASK % json.dumps(QUESTIONS)
    return cast("dict[str, Any]", json.loads(shop.manage("shell", "--verbosity", "0", "--command", code)))


@pytest.fixture(scope="module")
def truth(file: Path) -> "pd.DataFrame":
    """The sales and returns in the file."""
    return expected.movements(file)


def titles_found(shop: Shop, query: str) -> list[str]:
    return [hit["title"] for hit in shop.get(f"/api/search/?q={query}&page_size=5")[1]["results"]]


@pytest.mark.parametrize(("length", "part"), SALES)
def test_sales_equal_pandas_to_the_penny(
    answers: dict[str, Any], truth: "pd.DataFrame", length: str, part: str
) -> None:
    (skus,) = answers["skus"]
    found = {
        (row["period"], skus[row["part"]] if part == "product" else row["part"]): figures(row)
        for row in answers[f"{length} {part}"]
    }
    columns = SALES[length, part]
    rows = expected.sales(truth, columns)

    assert found == {(row[columns[0]], row[columns[-1]] if columns[1:] else ""): figures(row) for row in rows}
    assert len({row[columns[0]] for row in rows}) == 13 or length == "day"


def figures(row: dict[str, Any]) -> list[Decimal]:
    return [Decimal(row[name]) for name in FIGURES]


def test_three_months_are_compared_with_the_three_before_them(
    answers: dict[str, Any], truth: "pd.DataFrame"
) -> None:
    net = {row["month"]: row["net"] for row in expected.sales(truth, ["month"])}
    compared = {"2011-06": "2011-03", "2011-07": "2011-04", "2011-08": "2011-05"}

    assert {
        row["period"]: (Decimal(row["net"]), Decimal(row["previous_net"])) for row in answers["compared"]
    } == {month: (net[month], net[earlier]) for month, earlier in compared.items()}


def test_cohorts_equal_pandas(answers: dict[str, Any], truth: "pd.DataFrame") -> None:
    rows = expected.cohorts(truth)
    exact = [name for name in rows[0] if name != "repeat_rate"]

    assert len(rows) == 13 * 14 / 2
    assert [[str(row[name]) for name in exact] for row in answers["cohorts"]] == [
        [str(amount(row[name])) for name in exact] for row in rows
    ]
    assert [row["repeat_rate"] for row in answers["cohorts"]] == pytest.approx(
        [row["repeat_rate"] for row in rows]
    )


def amount(value: Any) -> Any:
    return value.quantize(expected.CENT) if isinstance(value, Decimal) else value


def test_segments_of_customers_equal_pandas(answers: dict[str, Any], truth: "pd.DataFrame") -> None:
    customers = expected.rfm(truth)
    columns = ["last_day", "recency_days", "orders", "net", "recency", "frequency", "monetary", "segment"]
    rows = sorted(tuple(str(amount(value)) for value in row) for row in customers[columns].to_numpy())
    by_segment = customers.groupby("segment")["net"].agg(["size", "sum"])

    assert sorted(tuple(str(row[name]) for name in columns) for row in answers["rfm_customers"]) == rows
    assert {row["segment"]: (row["customers"], Decimal(row["net"])) for row in answers["rfm"]} == {
        name: (size, total) for name, size, total in by_segment.itertuples()
    }
    assert len(by_segment) >= 7


def test_pairs_of_products_equal_a_count_of_all_baskets(
    answers: dict[str, Any], truth: "pd.DataFrame"
) -> None:
    (skus,) = answers["skus"]
    found = answers["baskets"]
    expected_pairs = expected.pairs(truth, minimum_orders=20)

    assert len(found) == min(300, len(expected_pairs)) > 20
    for row in found:
        both, g2, p_value = expected_pairs[
            frozenset((skus[str(row["product"])], skus[str(row["other_product"])]))
        ]
        assert (row["orders_with_both"], row["tested_pairs"]) == (both, len(expected_pairs))
        assert row["g2"] == pytest.approx(g2, abs=1e-5)
        assert row["p_value"] == pytest.approx(p_value, rel=1e-4)
    strongest = sorted((g2 for _, g2, _ in expected_pairs.values()), reverse=True)[: len(found)]
    assert [row["g2"] for row in found] == pytest.approx(strongest, abs=1e-5)


def test_the_value_of_customers_predicts_the_other_half_year_better_than_their_rates(
    answers: dict[str, Any], truth: "pd.DataFrame"
) -> None:
    values = expected.values(truth, end=HALF_YEAR, horizon=183)
    actual = expected.net_after(truth, HALF_YEAR).reindex(values.index).fillna(0)
    columns = ["purchases", "known_days", "net", "expected_net"]
    found = sorted([float(row[name]) for name in columns] for row in answers["values"])

    assert len(found) == len(values)
    assert found == [
        pytest.approx(row, abs=0.01) for row in sorted(values[columns].round(4).to_numpy().tolist())
    ]
    errors = {name: (values[name] - actual).abs().mean() for name in ("expected_net", "continued")}
    assert errors["expected_net"] < 0.6 * errors["continued"]


def test_the_facts_agree_with_the_ledger(shop: Shop) -> None:
    assert "agree" in shop.manage("reconcile")


@pytest.mark.parametrize(
    ("query", "word"),
    [("christmas+lights", "LIGHT"), ("wicker+heart", "WICKER"), ("lunch+bax", "LUNCH BAG|LUNCH BOX")],
)
def test_a_search_finds_titles_with_the_words_that_were_meant(shop: Shop, query: str, word: str) -> None:
    titles = titles_found(shop, query)

    assert titles
    assert all(any(part in title.upper() for part in word.split("|")) for title in titles)
