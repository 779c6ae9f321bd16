"""Forecasts equal their formulas, and predict weeks that were held out, of a random shop."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analytics_pipeline import reports
from analytics_pipeline.warehouse import Warehouse
from tests.acceptance.expected_forecast import Forecast, forecasts
from tests.analytics_pipeline.cases import Case

pytestmark = pytest.mark.shows("warehouse")

FIRST = date(2026, 1, 5)
KNOWN_WEEKS, WEEKS, HALF_LIFE = 26, 4, 3
END = FIRST + timedelta(days=7 * KNOWN_WEEKS - 1)
PRODUCTS = 80


def random_weeks(drawn: np.random.Generator) -> dict[str, list[int]]:
    """Return units by week: from several a month to hundreds a week, in orders of several units; some start late."""
    weeks = {}
    for product in range(1, PRODUCTS + 1):
        rate = drawn.gamma(0.7, 8)
        begins = int(drawn.integers(0, 20)) if product % 4 == 0 else 0
        sold = drawn.poisson(rate * drawn.gamma(4, 0.25, KNOWN_WEEKS + WEEKS)) * int(drawn.integers(1, 4))
        sold[:begins] = 0
        sold[begins] = max(1, sold[begins])
        weeks[str(product)] = [int(units) for units in sold]
    return weeks


def store(warehouse: Warehouse, sold: dict[str, list[int]], prices: dict[str, Decimal]) -> None:
    """Store a sale for each product and week, on days that change, and one that makes the first week whole."""
    orders = [
        {
            "kind": "SALE",
            "product": product,
            "quantity": str(units),
            "amount": str(units * prices[product]),
            "at": f"{datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=7 * week + int(product) % 7):%Y-%m-%d %H:%M}",
        }
        for product, weeks in sold.items()
        for week, units in enumerate(weeks)
        if units
    ]
    Case("random", {"orders": orders}).store(warehouse)


def since_first_sale(sold: list[int]) -> list[int]:
    begins = next(week for week, units in enumerate(sold) if units)
    return sold[begins:KNOWN_WEEKS]


def rows(warehouse: Warehouse, **given: Any) -> dict[str, dict[str, Any]]:
    result = reports.run(
        warehouse,
        "forecast",
        start_date=FIRST,
        end_date=END,
        weeks=WEEKS,
        half_life_weeks=HALF_LIFE,
        **given,
    )
    return {row["part"]: row for row in result.records()}


def of(row: dict[str, Any], name: str) -> list[float]:
    return [float(row[column]) for column in (name, f"{name}_low", f"{name}_high")]


def test_forecasts_equal_their_formulas_and_hold_for_the_next_weeks(warehouse: Warehouse) -> None:
    drawn = np.random.default_rng(5)
    sold = random_weeks(drawn)
    prices = {product: Decimal(int(drawn.integers(50, 5_000))) / 100 for product in sold}
    store(warehouse, sold, prices)
    known = {product: since_first_sale(weeks) for product, weeks in sold.items()}
    amounts = {
        product: [float(units * prices[product]) for units in weeks] for product, weeks in known.items()
    }

    found = rows(warehouse)

    expected = {
        "units": forecasts(known, known, weeks=WEEKS, half_life=HALF_LIFE),
        "gross": forecasts(amounts, known, weeks=WEEKS, half_life=HALF_LIFE),
    }
    assert found.keys() == known.keys()
    for name, by_product in expected.items():
        for product, forecast in by_product.items():
            assert of(found[product], name) == pytest.approx(list(forecast), abs=1e-3), (name, product)
    held_out = {product: sum(weeks[KNOWN_WEEKS:]) for product, weeks in sold.items()}
    check_held_out(expected["units"], held_out, {product: weeks[-1] for product, weeks in known.items()})

    (whole,) = rows(warehouse, breakdown="none").values()
    total = [float(sum(weeks[week] for weeks in sold.values())) for week in range(KNOWN_WEEKS)]
    alone = forecasts({"": total}, {"": total}, weeks=WEEKS, half_life=HALF_LIFE)[""]
    assert of(whole, "units") == pytest.approx(list(alone), abs=1e-3)
    assert whole["past_forecasts"] == KNOWN_WEEKS - WEEKS


def check_held_out(
    forecast: dict[str, Forecast], held_out: dict[str, int], last_week: dict[str, int]
) -> None:
    """Check that most of the held-out sums are in the intervals, and that the last week repeated is worse."""
    errors: dict[str, float] = defaultdict(float)
    inside = 0
    for product, units in held_out.items():
        inside += forecast[product].low <= units <= forecast[product].high
        errors["forecast"] += abs(units - forecast[product].expected)
        errors["naive"] += abs(units - WEEKS * last_week[product])
    assert 0.7 <= inside / len(held_out) <= 0.9
    assert errors["forecast"] < 0.8 * errors["naive"]
