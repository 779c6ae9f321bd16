"""Every rule of credit divides random sales as a simple program does, and all parts add up to the ledger."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from analytics_pipeline import ingest, reports
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.cases import Case, Row

pytestmark = pytest.mark.shows("warehouse")

LEAST = Decimal("0.0001")
WINDOW_DAYS = 5
# Who a guest turned out to be.
ACCOUNTS = {"guest": "Anne", "Anne": "Anne", "Bert": "Bert"}
SURFACES = ("search", "recommendations", "product_list")
SIGNS = {"SALE": 1, "CANCEL": -1, "RETURN": -1}
Revenue = dict[tuple[str, str], Decimal]


def at(hours: int) -> str:
    return f"{datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours):%Y-%m-%d %H:%M}"


def random_shop(drawn: random.Random) -> Case:
    """Return lists, and movements of products that some of them contain, with amounts that don't divide evenly."""
    lists = [
        {
            "type": "exposure",
            "id": f"list {number}",
            "at": at(drawn.randrange(400)),
            "shopper": drawn.choice(["Anne", "Bert", "guest", ""]),
            "surface": drawn.choice(SURFACES),
            "products": ", ".join(drawn.choices("1234", k=3)),
        }
        for number in range(80)
    ]
    orders = []
    for number in range(60):
        hours, product, shopper = drawn.randrange(400), drawn.choice("12345"), drawn.choice(list(ACCOUNTS))
        named = drawn.choice(lists)
        line = {"product": product, "order": str(number), "shopper": shopper, "in cart at": at(hours)}
        line |= {"currency": drawn.choice(["EUR", "KWD"]), "list": f"{named['id']} @ {named['at']}"}
        line["seller"] = drawn.choice("78")
        for kind in drawn.choice([["SALE"], ["SALE", "RETURN"], ["SALE", "CANCEL"]]):
            amount = str(Decimal(drawn.randrange(1, 10**7)) * drawn.choice([LEAST, 100 * LEAST]))
            orders.append(line | {"kind": kind, "amount": amount, "at": at(hours + drawn.randrange(99))})
    return Case(
        "random",
        {
            "events": lists,
            "orders": orders,
            "links": [{"guest": "guest", "account": "Anne", "at": at(0)}],
        },
    )


def seen_before(order: Row, lists: list[Row]) -> list[Row]:
    """Return the lists that showed the product to the shopper in the window before the cart add, earliest first."""
    end = datetime.fromisoformat(order["in cart at"])
    found = [
        (shown["at"], place)
        for place, shown in enumerate(lists)
        if ACCOUNTS.get(shown["shopper"]) == ACCOUNTS[order["shopper"]]
        and order["product"] in shown["products"].split(", ")
        and end - timedelta(days=WINDOW_DAYS) <= datetime.fromisoformat(shown["at"]) <= end
    ]
    return [lists[place] for _, place in sorted(found)]


def expected_revenue(case: Case, credit: str) -> Revenue:
    """Return the revenue by surface and currency."""
    found: Revenue = defaultdict(Decimal)
    for order in case.stored["orders"]:
        amount = SIGNS[order["kind"]] * Decimal(order["amount"])
        seen = seen_before(order, case.stored["events"])
        lists = {"first": seen[:1], "last": seen[-1:], "linear": seen}[credit] or [{"surface": ""}]
        done = Decimal(0)
        for number, shown in enumerate(lists, start=1):
            until = (amount * number / len(lists)).quantize(LEAST, ROUND_DOWN)
            found[shown["surface"], order["currency"]] += until - done
            done = until
    return dict(found)


def revenue(warehouse: Warehouse, **given: Any) -> Revenue:
    found: Revenue = defaultdict(Decimal)
    for row in reports.run(warehouse, "exposure_revenue", window_days=WINDOW_DAYS, **given).records():
        found[row["surface"], row["currency"]] += row["revenue"]
    return dict(found)


def totals(amounts: Revenue) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (_, currency), amount in amounts.items():
        found[currency] += amount
    return dict(found)


def test_every_rule_divides_sales_exactly(warehouse: Warehouse) -> None:
    case = random_shop(random.Random(3))
    ingest.load(warehouse, case.events())
    case.store(warehouse)
    ledger: dict[str, Decimal] = defaultdict(Decimal)
    for row in reports.run(warehouse, "sales", group_by="month").records():
        ledger[row["currency"]] += row["net"]

    assert any(len(seen_before(order, case.stored["events"])) > 2 for order in case.stored["orders"])
    for credit in ("first", "last", "linear"):
        found = revenue(warehouse, credit=credit)
        assert found == expected_revenue(case, credit)
        by_seller = [
            revenue(warehouse, credit=credit, breakdown="surface", seller=seller) for seller in (7, 8)
        ]
        both = [totals(each) for each in by_seller]
        assert totals(found) == ledger == {name: both[0][name] + both[1][name] for name in ledger}
    assert totals(revenue(warehouse)) == ledger
