"""`lost_demand` compared with its formulas in numpy, and with shoppers whose demand is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from scipy.special import gammaln

from analytics_pipeline import ingest, reports
from analytics_pipeline.events import View
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import id_at, record

pytestmark = pytest.mark.shows("warehouse")

Floats = np.ndarray[Any, np.dtype[np.float64]]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, CYCLE = 90, 30
VARIANTS = 300
STOCK = 15
PRICE = 4


@dataclass(frozen=True)
class Shop:
    """What happened in a simulated shop: when each variant was in stock, its sale lines, and what was lost.

    Times are days after BEGIN; `units` are those of the lines. `lost` are units that shoppers wanted while the
    variant was out of stock.
    """

    turns: list[tuple[int, bool, float]]
    sales: list[tuple[int, float, int]]
    lost: Floats


def simulate(drawn: Generator, *, busy_nights: bool = False) -> Shop:
    """Simulate a month's delivery of the same stock to all variants, three times.

    With `busy_nights`, shoppers come nine times as often between 18 and 24 o'clock as before.
    """
    turns, sales = [], []
    lost = np.zeros(VARIANTS)
    for variant, rate in enumerate(drawn.gamma(0.8, 0.5, VARIANTS)):
        for cycle in range(DAYS // CYCLE):
            left = STOCK
            turns.append((variant, True, float(cycle * CYCLE)))
            for at in arrivals(drawn, rate=rate, begin=cycle * CYCLE, busy_nights=busy_nights):
                wanted = 1 + int(drawn.random() < 0.3)
                if left == 0:
                    lost[variant] += wanted
                    continue
                # A shopper who wants two takes two or none, so that the size of lines isn't cut.
                left = max(0, left - wanted)
                sales.append((variant, at, wanted))
                if left == 0:
                    turns.append((variant, False, at))
    return Shop(turns, sales, lost)


def arrivals(drawn: Generator, *, rate: float, begin: float, busy_nights: bool) -> list[float]:
    """Return the times at which shoppers want the variant in a cycle, in order."""
    count = drawn.poisson(rate * CYCLE)
    days = begin + drawn.integers(0, CYCLE, count)
    hours = drawn.uniform(0, 1, count)
    if busy_nights:
        hours = np.where(drawn.random(count) < 0.25, hours * 0.75, 0.75 + hours * 0.25)
    return sorted((days + hours).tolist())


def store(warehouse: Warehouse, shop: Shop) -> None:
    """Store the shop; a variant's product has the same number."""
    turns = sorted(shop.turns, key=lambda turn: turn[2])
    # The delivery of a variant that isn't sold out is no turn.
    state: dict[int, bool] = {}
    rows: list[tuple[int, int, int, bool, datetime]] = []
    for variant, available, at in turns:
        if state.get(variant) is not available:
            rows.append((len(rows) + 1, variant + 1, variant + 1, available, moment(at)))
        state[variant] = available
    names = ("change_id", "variant_id", "product_id", "is_available", "changed_at")
    columns: dict[str, Any] = dict(zip(names, zip(*rows, strict=True), strict=True))
    warehouse.insert("availability_changes", columns | {"version": [1] * len(rows)})
    ids = range(1, VARIANTS + 1)
    warehouse.insert(
        "products",
        {
            "product_id": list(ids),
            "seller_id": [7] * VARIANTS,
            "currency": ["EUR"] * VARIANTS,
            "price": [Decimal(PRICE)] * VARIANTS,
            "version": [1] * VARIANTS,
        },
    )
    sales = shop.sales
    warehouse.insert(
        "order_facts",
        {
            "movement_id": list(range(1, len(sales) + 1)),
            "kind": ["SALE"] * len(sales),
            "occurred_at": [moment(at) for _, at, _ in sales],
            "product_id": [variant + 1 for variant, _, _ in sales],
            "variant_id": [variant + 1 for variant, _, _ in sales],
            "seller_id": [7] * len(sales),
            "quantity": [units for _, _, units in sales],
            "amount": [Decimal(PRICE * units) for _, _, units in sales],
            "currency": ["EUR"] * len(sales),
            "version": [1] * len(sales),
        },
    )


def moment(days: float) -> datetime:
    """Return the time, to the millisecond."""
    return BEGIN + timedelta(milliseconds=round(days * 86_400_000))


def run(warehouse: Warehouse, **parameters: Any) -> list[dict[str, Any]]:
    end = (BEGIN + timedelta(days=DAYS - 1)).date()
    return reports.run(
        warehouse, "lost_demand", start_date=BEGIN.date(), end_date=end, **parameters
    ).records()


def of_variants(rows: list[dict[str, Any]], column: str) -> Floats:
    """Return a column by variant, 0 for variants that were never out of stock."""
    values = np.zeros(VARIANTS)
    for row in rows:
        values[int(row["part"]) - 1] = row[column]
    return values


@dataclass(frozen=True)
class Expected:
    """Means and standard deviations of lost units, of each variant and in total."""

    mean: Floats
    deviation: Floats
    total: float
    total_deviation: float


def expected_of(shop: Shop) -> Expected:
    """Compute the report's formulas, time unweighted."""
    ends: dict[int, list[tuple[float, bool]]] = {variant: [] for variant in range(VARIANTS)}
    for variant, available, at in sorted(shop.turns, key=lambda turn: turn[2]):
        ends[variant].append((at, available))
    spent = np.zeros((2, VARIANTS))
    for variant, states in ends.items():
        for (at, available), (until, _) in zip(states, [*states[1:], (float(DAYS), True)], strict=True):
            spent[int(available), variant] += until - at
    out, stocked = spent
    lines, units, squares = (
        np.bincount(
            [variant for variant, _, _ in shop.sales],
            weights=[float(size) ** power for _, _, size in shop.sales],
            minlength=VARIANTS,
        )
        for power in range(3)
    )
    size = np.where(lines > 0, units / np.maximum(lines, 1), units.sum() / lines.sum())
    square = np.where(lines > 0, squares / np.maximum(lines, 1), squares.sum() / lines.sum())
    shape = np.repeat(2.0 ** np.arange(-4, 6), 19)
    scale = shape / (np.tile(np.exp(np.arange(19) / 10 - 0.5), 10) * lines.sum() / stocked.sum())
    x, exposure = lines[:, None], stocked[:, None]
    likelihood = gammaln(shape + x) - gammaln(shape) + shape * np.log(scale)
    likelihood = (likelihood - (shape + x) * np.log(scale + exposure)).sum(axis=0)
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    mean = size[:, None] * (shape + x) / (scale + exposure) * out[:, None]
    variance = square[:, None] / size[:, None] * mean + mean**2 / (shape + x)

    def mixed(means: Floats, variances: Floats) -> tuple[Floats, Floats]:
        average = means @ weight
        return average, np.sqrt((variances + means**2) @ weight - average**2)

    total, total_deviation = mixed(mean.sum(axis=0), variance.sum(axis=0))
    return Expected(*mixed(mean, variance), float(total), float(total_deviation))


def test_the_report_has_the_numbers_of_its_formulas_and_its_intervals_contain_what_was_lost(
    warehouse: Warehouse,
) -> None:
    """Seed 11. Bounds are whole lines, so that intervals contain at least what they declare.

    The tolerances are four standard deviations: of a count of variants with the declared probability, and of the
    report's own distribution of the total.
    """
    shop = simulate(np.random.default_rng(11))
    store(warehouse, shop)
    expected = expected_of(shop)
    rows = run(warehouse, weight="time", breakdown="variant")
    was_out = of_variants(rows, "hours") > 0
    estimated = of_variants(rows, "lost_units")

    assert 100 < was_out.sum() < VARIANTS
    np.testing.assert_allclose(estimated, np.where(was_out, expected.mean, 0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(of_variants(rows, "lost_money"), estimated * PRICE, rtol=1e-3, atol=1e-3)
    for confidence in ("50", "80", "90", "95"):
        shown = run(warehouse, weight="time", breakdown="variant", confidence=confidence)
        low, high = of_variants(shown, "lost_units_low"), of_variants(shown, "lost_units_high")
        contained = ((low <= shop.lost) & (shop.lost <= high))[was_out].mean()
        declared = int(confidence) / 100
        tolerance = 4 * np.sqrt(declared * (1 - declared) / was_out.sum())
        assert contained >= declared - tolerance, confidence
        # Nor are they so wide that they always contain it.
        assert contained <= declared + (1 - declared) * 0.8, confidence
    (total,) = run(warehouse, weight="time")
    assert total["lost_units"] == pytest.approx(expected.total, rel=1e-4)
    assert abs(shop.lost.sum() - expected.total) < 4 * expected.total_deviation
    width = total["lost_units_high"] - total["lost_units_low"]
    assert width == pytest.approx(2 * 1.2816 * expected.total_deviation, rel=0.02, abs=3)
    assert sum(row["lost_units"] for row in run(warehouse, weight="time", group_by="week")) == pytest.approx(
        expected.total, rel=1e-3
    )


def test_traffic_counts_the_hours_in_which_shoppers_come(warehouse: Warehouse) -> None:
    """Seed 12. The variant that is only in stock before 18 o'clock would have been sold in the evenings."""
    drawn = np.random.default_rng(12)
    nights = [
        (0, in_stock, day + hour) for day in range(DAYS) for in_stock, hour in ((True, 0.0), (False, 0.75))
    ]
    wanted = arrivals(drawn, rate=40.0, begin=0, busy_nights=True)
    sold = [(0, at, 1) for at in wanted if at % 1 < 0.75]
    others = [(variant, True, 0.0) for variant in range(1, VARIANTS)]
    store(warehouse, Shop([*nights, *others], sold, np.zeros(VARIANTS)))
    views = [
        record(View(event_id=id_at(moment(at)), product_id=2))
        for at in arrivals(drawn, rate=200.0, begin=0, busy_nights=True)
    ]
    ingest.load(warehouse, views)
    lost = len(wanted) - len(sold)
    end = (BEGIN + timedelta(days=CYCLE - 1)).date()
    weighted, by_time = (
        reports.run(
            warehouse, "lost_demand", end_date=end, breakdown="variant", confidence="95", weight=weight
        ).records()[0]
        for weight in ("traffic", "time")
    )

    assert (weighted["part"], weighted["hours"]) == ("1", 180.0)
    assert weighted["lost_units_low"] <= lost <= weighted["lost_units_high"]
    assert by_time["lost_units_high"] < lost / 5
