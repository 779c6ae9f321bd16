"""The revenue of a query rule: from the admin's API through a search and an order to the report."""

import csv
import io
import time
from decimal import Decimal

import pytest

from tests.journeys.test_revenue_of_a_query import buy, search
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = pytest.mark.stores

RULES = "/api/search/rules/"


def revenue(shop: Shop, rule_id: int) -> tuple[Decimal, Decimal]:
    """Return the revenue of a rule, and that of the products which it pinned."""
    span = ("--start-date", "2020-01-01", "--end-date", "2099-12-31")
    rows = csv.DictReader(io.StringIO(shop.manage("report", "rule_revenue", *span, "--format", "csv")))
    for row in rows:
        if int(row["rule"]) == rule_id:
            return Decimal(row["revenue"]), Decimal(row["pinned_revenue"])
    return Decimal(0), Decimal(0)


def pinned(shop: Shop, product_id: int, *, query: str, staff: str) -> tuple[int, float]:
    """Pin the product for a query that finds nothing; return the rule's id, and the seconds until it is live."""
    rule = {
        "name": f"Kettles for {query}",
        "match": "exact",
        "phrases": [query],
        "actions": [{"type": "pin", "product": product_id, "position": 1}],
    }
    assert count(shop, query) == 0
    status, created = shop.post(RULES, rule, token=staff)
    assert status == 201, created
    begun = time.monotonic()
    wait_until(lambda: count(shop, query) == 1, what="the rule is live")
    return created["data"]["id"], time.monotonic() - begun


def count(shop: Shop, query: str) -> int:
    """Return how many products a search finds."""
    status, body = shop.get(f"/api/search/?q={query}")
    assert status == 200, body
    return int(body["count"])


def test_a_rule_is_live_within_two_seconds_and_credited_with_what_its_product_earned(
    shop: Shop, staff: str, customer: str
) -> None:
    kettle, _ = search(shop, "kettle", token=customer)
    rules = [
        pinned(shop, kettle["id"], query=each, staff=staff) for each in ("presents", "gifts", "surprises")
    ]

    # The fastest of three attempts, because other tests may keep the machine busy.
    assert min(seconds for _, seconds in rules) < 2.0
    found, exposure_id = search(shop, "presents", token=customer)
    assert found["id"] == kettle["id"]
    paid = buy(shop, found, exposure_id=exposure_id, token=customer)
    wait_until(lambda: revenue(shop, rules[0][0]) == (paid, paid), what="the rule is credited")
    assert revenue(shop, rules[1][0]) == (Decimal(0), Decimal(0))
    for rule_id, _ in rules:
        assert shop.request("DELETE", f"{RULES}{rule_id}/", token=staff)[0] == 200
