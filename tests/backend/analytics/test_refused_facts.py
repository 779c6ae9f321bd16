"""A movement that the warehouse refuses is stored separately with the reason, and the others are written."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from analytics_pipeline import facts
from analytics_pipeline.warehouse import Warehouse
from backend.analytics import health
from backend.analytics.reconciliation.comparing import reconcile
from backend.catalog.models import Product
from backend.orders.bulk import PastItem, PastOrder, import_orders
from backend.orders.models import Movement
from tests.backend.analytics.conftest import NOW, deliver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]


def sell(products: list[Product], reference: str, *, quantity: int = 1, at: datetime = NOW) -> int:
    """Sell the lamp; return the id of the movement."""
    item = PastItem(variant_id=products[0].variants.get().pk, quantity=quantity, unit_price=Decimal("1.00"))
    order = PastOrder(reference=reference, placed_at=at, currency="EUR", items=[item])
    import_orders([order], source="test")
    return Movement.objects.latest("pk").pk


@pytest.fixture
def strict(warehouse: Warehouse) -> Iterator[Warehouse]:
    """A warehouse that refuses to store more than 100 units."""
    warehouse.command("ALTER TABLE order_facts ADD CONSTRAINT few CHECK quantity <= 100")
    yield warehouse
    warehouse.command("ALTER TABLE order_facts DROP CONSTRAINT IF EXISTS few")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def stored(warehouse: Warehouse) -> list[int]:
    return [
        row["movement_id"] for row in warehouse.rows("SELECT movement_id FROM order_facts FINAL ORDER BY 1")
    ]


def test_other_movements_are_stored_and_the_subscriber_continues(
    strict: Warehouse, products: list[Product]
) -> None:
    good = [sell(products, f"a{n}") for n in range(5)]
    bad = [sell(products, f"b{n}", quantity=101 + n) for n in range(2)]
    good += [sell(products, f"c{n}") for n in range(5)]
    deliver()
    good.append(sell(products, "later"))
    deliver()
    assert stored(strict) == good
    assert [row.movement_id for row in facts.waiting(strict)] == bad
    assert "`few` for table" in facts.waiting(strict)[0].reason
    assert strict.value("SELECT count() FROM events FINAL WHERE type = 'order'") == len(good)
    assert health.check()["refused_facts"] == 2


def test_refused_movements_are_listed_and_can_be_replayed(strict: Warehouse, products: list[Product]) -> None:
    bad = sell(products, "bad", quantity=101)
    deliver()
    assert run("refused_facts").startswith(f"{bad}\t")
    assert run("refused_facts", "--replay").startswith("0 stored, 1 refused, 0 gone\n")
    with pytest.raises(CommandError, match="1 of 1 movements of 1 days differ"):
        run("reconcile")
    strict.command("ALTER TABLE order_facts DROP CONSTRAINT few")
    assert run("refused_facts", "--replay") == "1 stored, 0 refused, 0 gone\n"
    assert run("refused_facts") == ""
    assert stored(strict) == [bad]
    assert strict.value("SELECT count() FROM events FINAL WHERE type = 'order'") == 1
    assert run("reconcile") == "1 movements of 1 days agree\n"


def test_reconcile_names_refused_movements(strict: Warehouse, products: list[Product]) -> None:
    bad = sell(products, "bad", quantity=101)
    deliver()
    output = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1 movements of 1 days differ"):
        call_command("reconcile", stdout=output)
    assert f"movement {bad} was refused by the warehouse: " in output.getvalue()


def test_replaying_removes_a_refused_movement_that_the_ledger_no_longer_has(
    strict: Warehouse, products: list[Product]
) -> None:
    sell(products, "bad", quantity=101)
    deliver()
    Movement.objects.all().delete()
    assert run("refused_facts", "--replay") == "0 stored, 0 refused, 1 gone\n"
    assert facts.waiting(strict) == []


def test_a_repair_stores_refused_movements_when_the_warehouse_accepts_them(
    strict: Warehouse, products: list[Product]
) -> None:
    sell(products, "bad", quantity=101)
    deliver()
    with pytest.raises(CommandError, match="1 of 1 movements of 1 days differ"):
        run("reconcile", "--repair")
    strict.command("ALTER TABLE order_facts DROP CONSTRAINT few")
    lines = run("reconcile", "--repair").splitlines()
    assert (lines[0], lines[-1]) == (
        "2026-03: facts 1 written, 0 removed; events 1 written, 0 removed",
        "1 movements of 1 days agree",
    )
    assert facts.waiting(strict) == []


@pytest.mark.parametrize("year", [1, 1899, 1969, 2150, 9999])
def test_a_time_that_reports_cannot_count_is_refused(
    warehouse: Warehouse, products: list[Product], year: int
) -> None:
    bad, good = sell(products, "bad", at=datetime(year, 7, 1, tzinfo=UTC)), sell(products, "good")
    deliver()
    assert stored(warehouse) == [good]
    (refused,) = facts.waiting(warehouse)
    assert (refused.movement_id, "is not between" in refused.reason) == (bad, True)
    [order] = reconcile(warehouse).found.orders.values()
    assert order[bad].problems == ("missing", "refused")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--repair", "--from", "2026"], "'2026' is not a month"),
        (["--repair", "--to", "2026-13"], "'2026-13' is not a month"),
        (["--from", "2026-01"], "need --repair"),
    ],
)
def test_an_invalid_month_is_reported(warehouse: Warehouse, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("reconcile", *arguments)
