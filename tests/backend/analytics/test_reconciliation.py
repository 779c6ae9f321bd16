"""The ledger is compared with the warehouse: each difference is named with its order, and lag is none."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics import health
from backend.analytics.errors import LedgerDiffers
from backend.analytics.models import DifferingOrder, Reconciliation, ReconciliationState
from backend.analytics.reconciliation import comparing, differences, movements, storing
from backend.analytics.reconciliation.comparing import reconcile
from backend.analytics.reconciliation.storing import reconcile_and_store
from backend.analytics.tasks import reconcile_orders
from backend.catalog.models import Product
from backend.orders.bulk import PastItem, PastMovement, PastOrder, import_movements, import_orders
from backend.orders.models import Movement, MovementKind, Order
from tests.backend.analytics.conftest import NOW, deliver
from tests.backend.shop import client_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]

FACT = """
INSERT INTO order_facts
SELECT * REPLACE ({values}, version + 1 AS version)
FROM (SELECT * FROM order_facts WHERE movement_id = {{id:UInt64}} ORDER BY version LIMIT 1)
"""


def sell(products: list[Product], reference: str, *, at: datetime = NOW, returned: int = 0) -> None:
    """Sell two lamps for 10.01 each and a vase for 0.10."""
    lamp, vase = (product.variants.get() for product in products)
    items = [
        PastItem(
            variant_id=lamp.pk,
            quantity=2,
            unit_price=Decimal("10.01"),
            returned=returned,
            returned_at=at if returned else None,
        ),
        PastItem(variant_id=vase.pk, quantity=1, unit_price=Decimal("0.10")),
    ]
    import_orders([PastOrder(reference=reference, placed_at=at, currency="EUR", items=items)], source="test")


@pytest.fixture
def orders(warehouse: Warehouse, products: list[Product]) -> dict[str, int]:
    """Three orders on two days, one with a return; the warehouse has them. Their ids by reference."""
    sell(products, "a", at=NOW - timedelta(days=1))
    sell(products, "b", returned=1)
    sell(products, "c")
    deliver()
    assert reconcile(warehouse).agrees
    return {str(name): order for name, order in Order.objects.values_list("source_reference", "pk")}


def sale_of(order: int) -> int:
    """Return the sale of the lamps."""
    return Movement.objects.filter(order=order, kind=MovementKind.SALE).earliest("pk").pk


def rewritten(warehouse: Warehouse, movement: int, values: str) -> None:
    """Store a row like that of the movement, with other values and a later version."""
    warehouse.command(FACT.format(values=values), {"id": movement})


def found(warehouse: Warehouse) -> dict[int, dict[int, list[str]]]:
    """Return the problems by order and movement."""
    return {
        order: {movement: list(one.problems) for movement, one in ones.items()}
        for order, ones in reconcile(warehouse).found.orders.items()
    }


def test_deleted_doubled_and_altered_rows_are_named_with_their_orders(
    warehouse: Warehouse, orders: dict[str, int]
) -> None:
    a, b, c = orders.values()
    vase_of_a = Movement.objects.filter(order=a).latest("pk").pk
    lamp_of_b, lamp_of_c = sale_of(b), sale_of(c)
    returned = Movement.objects.get(kind=MovementKind.RETURN).pk
    warehouse.command(f"DELETE FROM order_facts WHERE movement_id IN ({vase_of_a}, {returned})")
    rewritten(warehouse, lamp_of_b, "toUInt64(10000) AS movement_id")
    rewritten(warehouse, lamp_of_b, "occurred_at - toIntervalMonth(2) AS occurred_at")
    rewritten(warehouse, lamp_of_c, "amount + toDecimal64(0.01, 4) AS amount, quantity + 1 AS quantity")

    assert found(warehouse) == {
        a: {vase_of_a: ["missing"]},
        b: {
            lamp_of_b: ["duplicate"],
            returned: ["missing", "status"],
            10_000: ["extra"],
        },
        c: {lamp_of_c: ["amount", "quantity"]},
    }
    result = reconcile(warehouse)
    assert (result.found.movements, result.movements) == (5, 7)
    assert {(each.ledger.day, each.ledger.kind) for each in result.totals} == {
        ((NOW - timedelta(days=1)).date(), "SALE"),
        (NOW.date(), "SALE"),
        (NOW.date(), "RETURN"),
        # The duplicate is counted for the day on which the ledger has the movement.
    }


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ("'USD' AS currency", ["currency"]),
        ("'CANCEL' AS kind", ["status"]),
        ("amount - 1 AS amount", ["amount"]),
        ("quantity - 1 AS quantity", ["quantity"]),
        ("product_id + 1 AS product_id", ["product"]),
        ("order_id + 1000 AS order_id", ["order"]),
        ("occurred_at - toIntervalDay(3) AS occurred_at", ["day"]),
        ("occurred_at + toIntervalDay(3) AS occurred_at", ["day"]),
    ],
)
def test_every_value_that_differs_is_named_once(
    warehouse: Warehouse, orders: dict[str, int], values: str, problems: list[str]
) -> None:
    sale = sale_of(orders["b"])
    rewritten(warehouse, sale, values)

    result = reconcile(warehouse)
    assert found(warehouse) == {orders["b"]: {sale: problems}}
    assert result.found.movements == 1
    [total] = [each for each in result.totals if each.ledger.kind == "SALE" and each.ledger.currency == "EUR"]
    assert total.ledger.amount == Decimal("40.24")


def test_movements_that_exchanged_their_amounts_differ_although_all_totals_agree(
    warehouse: Warehouse, orders: dict[str, int]
) -> None:
    lamp, vase = Movement.objects.filter(order=orders["c"], kind=MovementKind.SALE).order_by("pk")
    rewritten(warehouse, lamp.pk, f"toDecimal64({vase.amount}, 4) AS amount")
    rewritten(warehouse, vase.pk, f"toDecimal64({lamp.amount}, 4) AS amount")

    assert found(warehouse) == {orders["c"]: {lamp.pk: ["amount"], vase.pk: ["amount"]}}


def test_orders_in_the_outbox_are_pending_and_a_lost_one_among_them_is_found_when_they_are_delivered(
    warehouse: Warehouse, products: list[Product], orders: dict[str, int]
) -> None:
    sell(products, "d")
    movement = PastMovement(
        reference="C1",
        kind=MovementKind.RETURN,
        variant_id=products[1].variants.get().pk,
        quantity=2,
        amount=Decimal("0.20"),
        currency="EUR",
        occurred_at=NOW,
    )
    import_movements([movement], source="test")
    warehouse.command("DELETE FROM order_facts WHERE order_id = {order:UInt64}", {"order": orders["c"]})

    result = reconcile(warehouse)
    assert set(result.found.orders) == {orders["c"]}
    assert (result.found.movements, result.found.pending) == (2, 3)

    deliver()
    result = reconcile(warehouse)
    assert (result.found.movements, result.found.pending) == (2, 0)


def test_orders_that_are_placed_and_delivered_during_a_comparison_are_no_differences(
    warehouse: Warehouse,
    products: list[Product],
    orders: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever side is read first, the other has more; every reading is followed by more sales."""
    number = iter(range(1_000))

    def then_sell(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            sell(products, f"new {next(number)}")
            deliver()
            return result

        return called

    for module, name in (
        (comparing, "compare_totals"),
        (comparing, "_pending"),
        (comparing, "stored_by_id"),
        (comparing, "recorded_by_id"),
    ):
        monkeypatch.setattr(module, name, then_sell(getattr(module, name)))
    monkeypatch.setattr(movements, "_recorded", then_sell(movements._recorded))
    monkeypatch.setattr(movements, "_stored", then_sell(movements._stored))
    monkeypatch.setattr(movements, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(comparing, "_PAIRS_AT_ONCE", 1)
    rewritten(warehouse, sale_of(orders["b"]), "amount + 1 AS amount")

    assert found(warehouse) == {orders["b"]: {sale_of(orders["b"]): ["amount"]}}
    assert next(number) > 5


@pytest.mark.parametrize("size", [1, 2, 3])
def test_days_are_read_in_pages(
    warehouse: Warehouse, orders: dict[str, int], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(movements, "ROWS_AT_ONCE", size)
    monkeypatch.setattr(comparing, "_PAIRS_AT_ONCE", size)
    sale = sale_of(orders["b"])
    for extra in (1_000, 2_000, 3_000, 4_000):
        rewritten(warehouse, sale, f"toUInt64({extra}) AS movement_id")
    first, *_ = Movement.objects.filter(order=orders["c"]).values_list("pk", flat=True)
    warehouse.command(f"DELETE FROM order_facts WHERE movement_id = {first}")

    assert found(warehouse) == {
        orders["b"]: {extra: ["extra"] for extra in (1_000, 2_000, 3_000, 4_000)},
        orders["c"]: {first: ["missing"]},
    }


def test_an_empty_warehouse_lacks_every_movement_and_only_the_first_orders_are_kept(
    warehouse: Warehouse, orders: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.command("TRUNCATE TABLE order_facts")
    monkeypatch.setattr(differences, "MOST_ORDERS", 2)
    monkeypatch.setattr(differences, "MOST_MOVEMENTS_OF_AN_ORDER", 1)

    row = reconcile_and_store(lambda: warehouse, clock=timezone.now)
    assert (row.state, row.differing, row.orders_are_complete) == ("DIFFERS", 7, False)
    assert row.problems == {"missing": 7, "status": 1}
    assert [(each.order_id, len(each.movements)) for each in row.orders.all()] == [
        (orders["a"], 1),
        (orders["b"], 1),
    ]


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit status, its output, and the message of a failure."""
    output = io.StringIO()
    try:
        call_command("reconcile", *arguments, stdout=output, stderr=io.StringIO())
    except CommandError as error:
        return error.returncode, output.getvalue(), str(error)
    return 0, output.getvalue(), ""


def test_the_command_names_what_differs_stores_it_and_repairs_it(
    warehouse: Warehouse, products: list[Product], orders: dict[str, int]
) -> None:
    number = Order.objects.get(pk=orders["c"]).order_number
    sale = sale_of(orders["c"])
    assert run() == (0, "7 movements of 2 days agree\n", "")
    warehouse.command(f"DELETE FROM order_facts WHERE movement_id = {sale}")

    status, output, message = run()
    assert (status, message) == (
        1,
        "1 of 7 movements of 2 days differ (missing 1). Run: manage.py reconcile --repair",
    )
    lamp = products[0].pk
    assert output.splitlines() == [
        "2026-03-10 SALE EUR: ledger 4 movements, 6 units, 40.2400; warehouse 3 movements, 4 units, 20.2200",
        f"order {number}: movement {sale} (missing): ledger 2026-03-10 SALE 2 of product {lamp} in order {orders['c']} for 20.0200 EUR",
    ]
    status, output, _ = run("--json")
    shown = json.loads(output)
    assert (status, shown["state"], shown["problems"]) == (1, "DIFFERS", {"missing": 1})
    assert shown["orders"][0]["order_number"] == number
    sell(products, "e")
    status, output, _ = run("--repair", "--json")
    shown = json.loads(output)
    assert (status, shown["state"], shown["orders"]) == (0, "AGREES", [])
    deliver()
    assert [row.state for row in Reconciliation.objects.order_by("pk")] == [
        "AGREES",
        "DIFFERS",
        "DIFFERS",
        "AGREES",
    ]


def test_the_command_says_what_is_pending(warehouse: Warehouse, products: list[Product]) -> None:
    deliver()
    sell(products, "a")
    status, output, _ = run()
    assert (status, output) == (
        0,
        "2 movements of 1 days compared, 2 are pending in the outbox; nothing else differs\n",
    )
    assert {**health.reconciliation(), "age_seconds": 0} == {
        "age_seconds": 0,
        "movements": 2,
        "differing": 0,
        "pending": 2,
    }


def test_the_exit_status_tells_wrong_options_from_a_comparison_that_was_not_possible(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--from", "2026-01")[0] == 2
    assert run("--repair", "--from", "2026-02", "--to", "2026-01")[0] == 2
    monkeypatch.setenv("CLICKHOUSE_URL", "http://user:password@127.0.0.1:9/none")
    assert run()[0] == 3


def test_the_nightly_task_degrades_the_health_until_the_difference_is_repaired(
    warehouse: Warehouse, orders: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.reconciliation() == {}
    sale = sale_of(orders["c"])
    warehouse.command(f"DELETE FROM order_facts WHERE movement_id = {sale}")
    assert reconcile_orders() == 1
    with pytest.raises(LedgerDiffers, match="1 of 7 movements") as raised:
        health.reconciliation()
    assert (raised.value.code, raised.value.remedy, raised.value.facts["differing"]) == (
        "ledger_differs",
        "Run: manage.py reconcile --repair",
        1,
    )

    # A night on which the warehouse is away doesn't hide the difference.
    monkeypatch.setattr("backend.analytics.tasks.warehouse", lambda: Warehouse(away(warehouse)))
    assert reconcile_orders() == 0
    assert Reconciliation.objects.latest("pk").state == ReconciliationState.FAILED
    with pytest.raises(LedgerDiffers):
        health.reconciliation()

    monkeypatch.undo()
    assert run("--repair")[0] == 0
    assert reconcile_orders() == 0
    assert health.reconciliation()["differing"] == 0


def away(warehouse: Warehouse) -> Any:
    return replace(warehouse.settings, clickhouse_url="http://127.0.0.1:9/none")


def test_only_the_last_results_are_kept(
    warehouse: Warehouse, orders: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.command("TRUNCATE TABLE order_facts")
    monkeypatch.setattr(storing, "KEPT", 2)
    for _ in range(4):
        last = reconcile_and_store(lambda: warehouse, clock=timezone.now)
    assert Reconciliation.objects.count() == 2
    assert DifferingOrder.objects.count() == 2 * len(orders)
    assert Reconciliation.objects.latest("pk") == last


def test_staff_with_the_area_reports_read_the_results(
    warehouse: Warehouse, orders: dict[str, int], staff: User, sellers: list[User]
) -> None:
    warehouse.command("DELETE FROM order_facts WHERE order_id = {order:UInt64}", {"order": orders["c"]})
    run()
    client = client_of(staff)
    [listed] = client.get("/api/analytics/reconciliations/").json()["results"]
    assert (listed["state"], listed["differing"], listed["remedy"]) == (
        "DIFFERS",
        2,
        "Run: manage.py reconcile --repair",
    )
    shown = client.get(f"/api/analytics/reconciliations/{listed['id']}/").json()["data"]
    assert [order["order_id"] for order in shown["orders"]] == [orders["c"]]
    values = shown["orders"][0]["movements"][0]["ledger"]
    assert (values["amount"], date.fromisoformat(values["day"])) == ("20.0200", NOW.date())
    assert client.get("/api/analytics/reconciliations/999999/").json()["code"] == "reconciliation_not_found"
    for path in ("", f"{listed['id']}/"):
        assert client_of(sellers[0]).get(f"/api/analytics/reconciliations/{path}").status_code == 403
