"""A repair makes the warehouse equal to the ledger, while the shop runs and even if the repair is killed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from analytics_pipeline import facts, rollup_builds, rollups
from analytics_pipeline.facts import Month
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics import repair as repairing
from backend.analytics.reconciliation.comparing import reconcile
from backend.analytics.repair import MonthRepaired, repair
from backend.catalog.models import Product
from backend.orders.bulk import PastItem, PastOrder, import_orders
from backend.orders.models import Movement, Order, OrderItem, OrderStatusHistory
from tests.backend.analytics.conftest import NOW, deliver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]


def sell(products: list[Product], *references: str, at: datetime = NOW, price: str = "10.01") -> None:
    lamp = products[0].variants.get()
    items = [PastItem(variant_id=lamp.pk, quantity=2, unit_price=Decimal(price), returned=1, returned_at=at)]
    orders = [PastOrder(reference=name, placed_at=at, currency="EUR", items=items) for name in references]
    import_orders(orders, source="test")


def repaired(warehouse: Warehouse, **months: Month | None) -> list[MonthRepaired]:
    bounds: dict[str, Any] = {"first": None, "last": None, **months}
    done = repair(warehouse, clock=timezone.now, **bounds)
    return [month for month in done if month != MonthRepaired(month.month, 0, 0, 0, 0)]


def state(warehouse: Warehouse) -> tuple[Any, Any]:
    """Return the order facts and order events, as reports read them."""
    facts = warehouse.table(
        "SELECT * EXCEPT version FROM order_facts FINAL ORDER BY movement_id, occurred_at"
    )
    events = warehouse.table(
        "SELECT event_id, day, product_id, quantity, shopper_key FROM events FINAL WHERE type = 'order' ORDER BY event_id"
    )
    return facts[1], events[1]


def agrees(warehouse: Warehouse) -> bool:
    return reconcile(warehouse).agrees


def restore_older_dump(references: list[str]) -> None:
    """Remove these orders, as restoring an older dump does; their ids will be reused."""
    orders = Order.objects.filter(source_reference__in=references)
    Movement.objects.filter(order__in=orders).delete()
    OrderItem.objects.filter(order__in=orders).delete()
    OrderStatusHistory.objects.filter(order__in=orders).delete()
    orders.delete()
    with connection.cursor() as cursor:
        for model in (Movement, Order, OrderItem):
            table = model._meta.db_table
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
                )
            else:
                cursor.execute(
                    f"UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM {table}) WHERE name = '{table}'"
                )


def test_facts_that_the_ledger_no_longer_has_are_removed_even_if_their_ids_were_reused(
    warehouse: Warehouse, products: list[Product]
) -> None:
    sell(products, "kept", at=NOW - timedelta(days=60))
    sell(products, "lost-1", "lost-2", at=NOW - timedelta(days=30))
    deliver()
    rollup_builds.rebuild(warehouse)
    restore_older_dump(["lost-1", "lost-2"])
    sell(products, "new", at=NOW, price="7.77")
    deliver()
    assert not agrees(warehouse)

    (february,) = repaired(warehouse)
    assert (february.month, february.facts_removed, february.events_removed) == (Month(2026, 2), 4, 2)
    assert agrees(warehouse)
    assert warehouse.value("SELECT count() FROM order_facts FINAL") == Movement.objects.count() == 4
    assert warehouse.value("SELECT count() FROM events FINAL WHERE type = 'order'") == 2
    lost_day = (NOW - timedelta(days=30)).date()
    assert lost_day in rollups.all_dirty_days(warehouse)
    rollup_builds.rebuild(warehouse)
    counted = (
        "SELECT day, sum(events) AS n FROM product_counts(dirty_days = []) WHERE type = 'order' GROUP BY day"
    )
    assert lost_day not in {row["day"] for row in warehouse.rows(counted)}


def damage(warehouse: Warehouse) -> None:
    """Delete a fact and an event, change a fact, and add facts that the ledger doesn't have, in two partitions."""
    first, second, *_ = Movement.objects.order_by("pk").values_list("pk", flat=True)
    warehouse.command("DELETE FROM order_facts WHERE movement_id = {id:UInt64}", {"id": first})
    warehouse.command("DELETE FROM events WHERE type = 'order' AND quantity = 2")
    insert = """
        INSERT INTO order_facts
        SELECT * REPLACE ({id:UInt64} AS movement_id, {at:DateTime64(3, 'UTC')} AS occurred_at,
                          amount + 1 AS amount, version + {later:UInt64} AS version)
        FROM order_facts WHERE movement_id = {like:UInt64}
    """
    month_ago = NOW - timedelta(days=31)
    later = 10**15  # as written by a server whose clock was years ahead
    for change in (
        {"id": second, "at": NOW, "later": later},
        {"id": 10**12, "at": NOW, "later": 0},
        {"id": 10**12, "at": month_ago, "later": 0},
        {"id": second, "at": month_ago, "later": 1},
    ):
        warehouse.command(insert, {**change, "like": second})


@pytest.fixture
def damaged(warehouse: Warehouse, products: list[Product]) -> Callable[[], tuple[Any, Any]]:
    """A function that returns the intact state of a warehouse that now differs from the ledger in every way."""
    sell(products, "a", "b", "c")
    deliver()
    intact = state(warehouse)
    damage(warehouse)
    assert state(warehouse) != intact
    return lambda: intact


def test_every_kind_of_difference_is_repaired_and_a_second_repair_changes_nothing(
    warehouse: Warehouse, damaged: Callable[[], Any]
) -> None:
    assert [month.month for month in repaired(warehouse)] == [Month(2026, 2), Month(2026, 3)]
    assert state(warehouse) == damaged()
    assert agrees(warehouse)
    assert repaired(warehouse) == []


def test_only_the_requested_months_are_repaired(warehouse: Warehouse, damaged: Callable[[], Any]) -> None:
    assert [month.month for month in repaired(warehouse, last=Month(2026, 2))] == [Month(2026, 2)]
    assert not agrees(warehouse)
    assert [month.month for month in repaired(warehouse, first=Month(2026, 3))] == [Month(2026, 3)]
    assert agrees(warehouse)


class Killed(BaseException):
    """Ends a repair like SIGKILL: no `except Exception` catches it."""


class KilledAfter(Warehouse):
    """A client that raises `Killed` instead of executing more than this number of writing statements."""

    def __init__(self, like: Warehouse, *, statements: int) -> None:
        super().__init__(like.settings)
        self._left = statements
        self.was_killed = False

    def command(self, statement: str, parameters: Any = None) -> None:
        self._count()
        super().command(statement, parameters)

    def insert(self, table: str, columns: Any) -> None:
        self._count()
        super().insert(table, columns)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.was_killed = True
            raise Killed


def test_after_a_repair_killed_at_any_statement_another_repair_is_exact(
    warehouse: Warehouse, damaged: Callable[[], Any]
) -> None:
    kills = 0
    for statements in range(100):
        client = KilledAfter(warehouse, statements=statements)
        try:
            list(repair(client, first=None, last=None, clock=timezone.now))
        except Killed:
            kills += 1
        # Each killed repair has done some work, so the damage is restored before the next one.
        later = timezone.now() + timedelta(hours=2)
        rollup_builds.drop_leftover_tables(warehouse, now=later)
        rollup_builds.rebuild(warehouse)
        repaired(warehouse)
        assert state(warehouse) == damaged(), statements
        rollup_builds.rebuild(warehouse)
        counted = "SELECT sum(events) FROM product_counts(dirty_days = []) WHERE type = 'order'"
        assert warehouse.value(counted) == len(damaged()[1]), statements
        client.close()
        if not client.was_killed:
            break
        damage(warehouse)
    assert kills > 5


def test_orders_placed_during_a_repair_are_neither_lost_nor_duplicated(
    warehouse: Warehouse, products: list[Product], damaged: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "_BATCH", 3)
    stopping = threading.Event()
    sold: list[str] = []

    def sell_continuously() -> None:
        try:
            while not stopping.is_set() and len(sold) < 200:
                name = f"during-{len(sold)}"
                sell(products, name, at=NOW + timedelta(minutes=len(sold)))
                deliver()
                sold.append(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        seller = pool.submit(sell_continuously)
        rounds = 0
        while not seller.done() and (rounds < 3 or len(sold) < 5):
            list(repair(warehouse, first=None, last=None, clock=timezone.now))
            rounds += 1
        stopping.set()
        seller.result()
    deliver()
    assert agrees(warehouse)
    assert warehouse.value("SELECT count() FROM order_facts FINAL") == Movement.objects.count()
    assert warehouse.value("SELECT count() FROM events FINAL WHERE type = 'order'") == 3 + len(sold)
    assert repaired(warehouse) == []


class InterruptedWarehouse(Warehouse):
    """A client that calls a function before each statement that begins with `before`."""

    def __init__(self, like: Warehouse, *, before: str, act: Callable[[], None]) -> None:
        super().__init__(like.settings)
        self._before = before
        self._act = act

    def command(self, statement: str, parameters: Any = None) -> None:
        if statement.strip().startswith(self._before):
            self._act()
        super().command(statement, parameters)


@pytest.mark.parametrize("removal", ["DELETE FROM order_facts", "DELETE FROM events"])
def test_a_movement_that_reuses_the_id_of_a_removed_one_during_the_repair_is_kept(
    warehouse: Warehouse, products: list[Product], removal: str
) -> None:
    sell(products, "kept")
    sell(products, "lost")
    deliver()
    restore_older_dump(["lost"])
    done: list[bool] = []

    def sell_again() -> None:
        if not done:
            done.append(True)
            # The same order at the same time has the same ids of movements and events.
            sell(products, "lost")
            deliver()

    interrupted = InterruptedWarehouse(warehouse, before=removal, act=sell_again)
    list(repair(interrupted, first=None, last=None, clock=timezone.now))
    assert done
    assert agrees(warehouse)
    assert warehouse.value("SELECT count() FROM events FINAL WHERE type = 'order'") == 2
    assert repaired(warehouse) == []


def test_events_of_a_day_that_is_being_rebuilt_are_removed_after_that(
    warehouse: Warehouse, products: list[Product]
) -> None:
    sell(products, "lost")
    deliver()
    restore_older_dump(["lost"])
    claim = f"rollup_claim_{NOW:%Y%m%d}_theirs"
    warehouse.command(f"CREATE TABLE {claim} AS rollup_days")
    found: list[int] = []

    def finish_rebuild() -> None:
        found.append(warehouse.value("SELECT count() FROM events WHERE type = 'order'"))
        warehouse.command(f"DROP TABLE IF EXISTS {claim} SYNC")

    # The repair releases its own claim while another process still has one.
    interrupted = InterruptedWarehouse(
        warehouse, before="DROP TABLE IF EXISTS rollup_claim", act=finish_rebuild
    )
    list(repair(interrupted, first=None, last=None, clock=timezone.now))
    assert found == [1, 0]
    assert state(warehouse) == ([], [])


def test_months_begin_in_utc() -> None:
    month = Month.of(datetime(2026, 12, 31, tzinfo=UTC).date())
    assert (str(month), month.partition) == ("2026-12", 202612)
    assert month.end == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 12, tzinfo=UTC)], ids=["first", "last"]
)
def test_a_movement_that_the_warehouse_cannot_store_does_not_end_the_repair(
    warehouse: Warehouse, products: list[Product], moment: datetime
) -> None:
    sell(products, "stored")
    sell(products, "beyond", at=NOW + timedelta(hours=1))
    Movement.objects.filter(order__source_reference="beyond").update(occurred_at=moment)
    done = list(repair(warehouse, first=None, last=None, clock=timezone.now))
    assert {(month.month, month.facts_written, month.events_written) for month in done} == {
        (Month.of(moment), 0, 0),
        (Month.of(NOW), 2, 1),
    }
    beyond = Movement.objects.filter(occurred_at=moment).order_by("pk").values_list("pk", flat=True)
    assert [row.movement_id for row in facts.waiting(warehouse)] == list(beyond)


def test_a_reversed_range_is_refused() -> None:
    with pytest.raises(CommandError, match="--from 2026-05 is after --to 2026-03"):
        call_command("reconcile", "--repair", "--from", "2026-05", "--to", "2026-03")


def test_customer_keys_are_the_same_after_a_repair(
    warehouse: Warehouse, sold: list[Product], customer: User
) -> None:
    intact = state(warehouse)
    warehouse.command("TRUNCATE TABLE order_facts")
    warehouse.command("DELETE FROM events WHERE type = 'order'")
    (march,) = repaired(warehouse)
    assert (march.facts_written, march.events_written) == (3, 2)
    assert state(warehouse) == intact


@pytest.mark.parametrize("first", [None, Month(2026, 3)])
def test_events_of_orders_that_were_confirmed_late_move_to_the_day_of_the_order(
    warehouse: Warehouse, products: list[Product], first: Month | None
) -> None:
    sell(products, "late", "at once")
    placed_at = NOW - timedelta(days=20)
    Order.objects.filter(source_reference="late").update(placed_at=NOW)
    deliver()
    # As an earlier release stored it: the fact has no time of the order, and the event that of the confirmation.
    Order.objects.filter(source_reference="late").update(placed_at=placed_at)
    warehouse.command("ALTER TABLE order_facts UPDATE placed_at = 0 WHERE true SETTINGS mutations_sync = 2")
    rollup_builds.rebuild(warehouse)

    repaired(warehouse, first=first)

    days = "SELECT day FROM events FINAL WHERE type = 'order' ORDER BY day"
    assert [row["day"] for row in warehouse.rows(days)] == [placed_at.date(), NOW.date()]
    assert {placed_at.date(), NOW.date()} <= set(rollups.all_dirty_days(warehouse))
    assert warehouse.value("SELECT min(placed_at) FROM order_facts FINAL") == placed_at
    assert repaired(warehouse) == []
