"""Lists in the warehouse that were shown with exploration, and the command that compares two versions with them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from analytics_pipeline import ingest, uuid7
from analytics_pipeline.clocks import milliseconds
from analytics_pipeline.events import AnyEvent, Click, Exposure, Record
from analytics_pipeline.warehouse import Warehouse
from ml.exploration import shown_order
from ml.lists import Lists
from ml.ope.__main__ import main
from ml.ope.reading import Logged, Metric, SeveralCurrencies, from_warehouse
from ml.registry import Registry
from tests.own_warehouse import own_warehouse

START = datetime(2026, 2, 1, tzinfo=UTC)
DAYS = ("--start-date", "2026-02-01", "--end-date", "2026-02-28")
SHARE = 0.2
SHOPPERS, LISTS = 700, 2_800
PRODUCTS = (11, 12, 13, 14)
# Of a hundred lists, how often a product is clicked at each position.
RATES = {11: 60, 12: 40, 13: 10, 14: 2}
SEEN = (1.0, 0.6, 0.4, 0.2)


@pytest.fixture
def warehouse(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Warehouse]:
    """A migrated warehouse that only this test uses; the environment names it."""
    with own_warehouse(warehouse_url, home=tmp_path, environment=monkeypatch) as warehouse:
        yield warehouse


def id_after(name: str, **after: float) -> UUID:
    """Return the UUIDv7 of a time after START, always the same for a name."""
    return uuid7.derived(milliseconds(START + timedelta(**after)), name=name)


def stored(event: AnyEvent, *, shopper: int, is_bot: bool = False) -> Record:
    return Record(
        event=event, shopper_key=UUID(int=shopper), arrived_at=event.occurred_at, number=1, is_bot=is_bot
    )


def sold(
    warehouse: Warehouse,
    rows: Sequence[tuple[UUID, int, int, str, str, str]],
    *,
    after: timedelta = timedelta(days=1),
) -> None:
    """Store movements of (list, shopper, product, kind, amount, currency), some time after their list was shown."""
    moments = [datetime.fromtimestamp(uuid7.milliseconds(row[0]) / 1000, UTC) for row in rows]
    columns: dict[str, list[Any]] = {
        "movement_id": list(range(1, len(rows) + 1)),
        "order_id": list(range(1, len(rows) + 1)),
        "exposure_id": [row[0] for row in rows],
        "shopper_key": [UUID(int=row[1]) for row in rows],
        "customer_key": [UUID(int=row[1]) for row in rows],
        "product_id": [row[2] for row in rows],
        "kind": [row[3] for row in rows],
        "amount": [Decimal(row[4]) for row in rows],
        "currency": [row[5] for row in rows],
        "occurred_at": [moment + after for moment in moments],
        "cart_added_at": [moment + timedelta(hours=1) for moment in moments],
        "version": [1] * len(rows),
    }
    warehouse.insert("order_facts", columns)


def register(registry: Registry, order: Sequence[int], *, day: int) -> str:
    """Register a version that lists these products for every shopper, trained before the lists were shown."""
    products = np.tile(np.array(order, np.int64), (SHOPPERS, 1))
    lists = Lists(
        np.array([str(UUID(int=number + 1)) for number in range(SHOPPERS)]),
        products,
        np.ones(products.shape, np.float32),
        np.zeros_like(products),
    )
    trained = START - timedelta(days=day)
    facts = {"fingerprint": f"{day}f3a9c02ffff", "as_of": trained.isoformat()}
    made = registry.register(
        lists={"user.hybrid": lists}, made_by={"user.hybrid": "item_knn"}, facts=facts, now=trained
    )
    return made.id


def explored(warehouse: Warehouse) -> None:
    """Store lists in the order 13, 14, 11, 12, of which a share is shuffled, with clicks by the planted rates.

    Every product that is clicked is bought, for ten times its number in EUR.
    """
    drawn = random.Random(3)
    ranked = (13, 14, 11, 12)
    records, sales = [], []
    for number in range(LISTS):
        shopper = 1 + number % SHOPPERS
        list_id = id_after(f"list {number}", minutes=number * 10)
        order = shown_order(len(ranked), share=SHARE, seed=list_id.int)
        products = tuple(ranked[place] for place in order.places)
        shown = Exposure(
            event_id=list_id,
            surface="recommendations",
            slot="user",
            product_ids=products,
            propensities=tuple(order.propensities),
        )
        records.append(stored(shown, shopper=shopper))
        for seen, product in zip(SEEN, products, strict=True):
            if drawn.random() < seen * RATES[product] / 100:
                click = id_after(f"click {number} {product}", minutes=number * 10 + 1)
                event = Click(event_id=click, product_id=product, exposure_id=list_id)
                records.append(stored(event, shopper=shopper))
                sales.append((list_id, shopper, product, "SALE", str(product * 10), "EUR"))
    ingest.load(warehouse, records)
    sold(warehouse, sales)


def value(order: Sequence[int], *, revenue: bool = False) -> float:
    """Return the planted value of a list in this order."""
    return sum(
        seen * RATES[product] / 100 * (10 * product if revenue else 1)
        for seen, product in zip(SEEN, order, strict=True)
    )


@pytest.mark.parametrize("metric", ["clicks", "revenue"])
def test_the_command_finds_the_planted_gain(
    metric: str, warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(warehouse)
    registry = Registry(tmp_path / "models")
    good, poor = (11, 12, 13, 14), (14, 13, 12, 11)
    first, second = register(registry, good, day=1), register(registry, poor, day=2)

    assert main(["--version", first, "--against", second, "--metric", metric, *DAYS]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{LISTS:,} lists of {SHOPPERS} shoppers, 2026-02-01 to 2026-02-28")
    assert lines[1].startswith(f"{metric} a list" + (" (EUR)" if metric == "revenue" else ""))
    rows = {line.split()[0]: line.replace("…", "").split()[1:] for line in lines[3:6]}
    gains = [value(order, revenue=metric == "revenue") for order in (good, poor)]
    truth = {first: gains[0], second: gains[1], "difference": gains[0] - gains[1]}
    for name, found in rows.items():
        for _, low, high in (map(float, found[:3]), map(float, found[3:])):
            assert low < truth[name] < high, (name, found)
    assert float(rows["difference"][1]) > 0
    assert "100% of its first products were shown" in lines[6]


def test_a_log_without_exploration_is_refused(
    warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(tmp_path / "models")
    first, second = register(registry, PRODUCTS, day=1), register(registry, PRODUCTS[::-1], day=2)
    shown = Exposure(
        event_id=id_after("a", hours=1), surface="recommendations", slot="user", product_ids=PRODUCTS
    )
    ingest.load(warehouse, [stored(shown, shopper=1)])

    assert main(["--version", first, "--against", second, *DAYS]) == 1
    message = capsys.readouterr().err
    assert "of 1 lists 1 have no propensities (set RECOMMENDATION_EXPLORATION above 0" in message

    assert main(["--version", first, "--against", second, "--algorithm", "collaborative", *DAYS]) == 1
    assert f"{first} has no personal lists of the algorithm collaborative" in capsys.readouterr().err


def test_a_version_that_learned_from_the_lists_is_named(
    warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explored(warehouse)
    registry = Registry(tmp_path / "models")
    first, second = register(registry, PRODUCTS, day=-9), register(registry, PRODUCTS[::-1], day=2)

    assert main(["--version", first, "--against", second, *DAYS]) == 0

    (warning,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
    assert first in warning


def read(warehouse: Warehouse, metric: Metric, **given: Any) -> Logged:
    return from_warehouse(
        warehouse,
        slot="user",
        start=START,
        end=START + timedelta(days=28),
        metric=metric,
        until=date(2026, 3, 1),
        **given,
    )


def test_guests_bots_late_clicks_and_other_slots(warehouse: Warehouse) -> None:
    """Guests count for their account; what a bot or another slot showed, and clicks after eight days, don't count."""
    ids = {name: id_after(name, hours=hours) for hours, name in enumerate(("guest", "bot", "other", "plain"))}
    exposures = [
        Exposure(
            event_id=id_,
            surface="recommendations",
            slot="product" if name == "other" else "user",
            product_ids=(11, 12),
            propensities=() if name == "plain" else (0.9, 0.9),
        )
        for name, id_ in ids.items()
    ]
    clicks = [
        Click(event_id=id_after("1", days=1), product_id=12, exposure_id=ids["guest"]),
        Click(event_id=id_after("2", days=2), product_id=12, exposure_id=ids["guest"]),
        Click(event_id=id_after("3", days=9), product_id=11, exposure_id=ids["guest"]),
        Click(event_id=id_after("4", days=1), product_id=99, exposure_id=ids["guest"]),
    ]
    shoppers = {ids["guest"]: 5, ids["bot"]: 6, ids["other"]: 7, ids["plain"]: 8}
    ingest.load(
        warehouse,
        [
            *(stored(each, shopper=shoppers[each.event_id]) for each in exposures),
            *(stored(each, shopper=5) for each in clicks),
            stored(Click(event_id=id_after("5", hours=2), product_id=1), shopper=6, is_bot=True),
        ],
    )
    warehouse.insert(
        "shopper_links",
        {"anonymous_key": [UUID(int=5)], "shopper_key": [UUID(int=50)], "linked_at": [START]},
    )
    sold(
        warehouse,
        [
            (ids["guest"], 50, 11, "SALE", "30.00", "EUR"),
            (ids["guest"], 50, 11, "RETURN", "10.00", "EUR"),
            (ids["guest"], 50, 99, "SALE", "70.00", "EUR"),
            (ids["other"], 7, 11, "SALE", "5.00", "EUR"),
        ],
    )

    clicked, earned = read(warehouse, Metric.CLICKS), read(warehouse, Metric.REVENUE)

    assert clicked.lists.shoppers.tolist() == [str(UUID(int=50))]
    assert clicked.lists.products.tolist() == [[11, 12]]
    assert clicked.lists.propensities == pytest.approx(np.array([[0.9, 0.9]]), rel=1e-6)
    assert clicked.lists.rewards.tolist() == [[0, 1]]
    assert clicked.without_propensities == 1
    assert (earned.currency, earned.lists.rewards.tolist()) == ("EUR", [[20, 0]])


def test_revenue_counts_from_the_day_of_the_shop_on_which_the_first_list_was_shown(
    warehouse: Warehouse,
) -> None:
    """The first hours of 1 February by UTC are 31 January in Los Angeles."""
    list_id = id_after("early", hours=1)
    shown = Exposure(
        event_id=list_id,
        surface="recommendations",
        slot="user",
        product_ids=(11, 12),
        propensities=(0.9, 0.9),
    )
    ingest.load(warehouse, [stored(shown, shopper=1)])
    sold(warehouse, [(list_id, 1, 11, "SALE", "30.00", "EUR")], after=timedelta(hours=2))
    west = Warehouse(replace(warehouse.settings, time_zone="America/Los_Angeles"))

    try:
        assert read(west, Metric.REVENUE).lists.rewards.tolist() == [[30, 0]]
    finally:
        west.close()


def test_revenue_in_two_currencies_needs_a_choice(warehouse: Warehouse) -> None:
    lists = [id_after(name, hours=1) for name in ("a", "b")]
    shown = [
        Exposure(
            event_id=id_,
            surface="recommendations",
            slot="user",
            product_ids=(11, 12),
            propensities=(0.9, 0.9),
        )
        for id_ in lists
    ]
    ingest.load(warehouse, [stored(each, shopper=1) for each in shown])
    sold(warehouse, [(lists[0], 1, 11, "SALE", "30.00", "EUR"), (lists[1], 1, 12, "SALE", "7.50", "KWD")])

    with pytest.raises(SeveralCurrencies, match="the lists earned EUR, KWD: name one with --currency"):
        read(warehouse, Metric.REVENUE)
    found = read(warehouse, Metric.REVENUE, currency="KWD")
    assert sorted(found.lists.rewards.ravel().tolist()) == [0, 0, 0, 7.5]
