"""Stores the results of comparisons; the last ones are kept."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from backend.analytics.models import DifferingOrder, Reconciliation, ReconciliationState
from backend.analytics.reconciliation.comparing import Result, reconcile
from backend.analytics.reconciliation.differences import MovementDifference, Problem
from backend.analytics.reconciliation.movements import MovementValues
from backend.analytics.reconciliation.notices import delete_old_notices, tell_staff
from backend.analytics.reconciliation.totals import Comparison, Total
from backend.orders.models import Order

KEPT = 60
MOST_TOTALS = 1_000
_ROWS_AT_ONCE = 500


def reconcile_and_store(
    warehouse: Callable[[], Warehouse], *, clock: Callable[[], datetime]
) -> Reconciliation:
    """Compare the warehouse with the ledger, store the result, tell staff what differs, and return it.

    Raises:
        WarehouseUnavailable, WarehouseRefused: no comparison was possible, which is stored as well.
    """
    started_at = clock()
    try:
        result = reconcile(warehouse())
    except (WarehouseUnavailable, WarehouseRefused) as error:
        _store(
            Reconciliation(
                state=ReconciliationState.FAILED,
                started_at=started_at,
                finished_at=clock(),
                reason=str(error)[:500],
            ),
            orders=(),
        )
        raise
    row = Reconciliation(
        state=ReconciliationState.AGREES if result.agrees else ReconciliationState.DIFFERS,
        started_at=started_at,
        finished_at=clock(),
        movements=result.movements,
        days=result.days,
        differing=result.found.movements,
        pending=result.found.pending,
        refused=len(result.refused),
        problems=dict(result.found.problems),
        totals=[_totals(each) for each in result.totals[:MOST_TOTALS]],
        orders_are_complete=result.found.orders_are_complete,
    )
    return _store(row, orders=_orders(result))


def _store(row: Reconciliation, *, orders: Iterable[DifferingOrder]) -> Reconciliation:
    with transaction.atomic():
        row.save()
        found = list(orders)
        for each in found:
            each.reconciliation = row
        DifferingOrder.objects.bulk_create(found, batch_size=_ROWS_AT_ONCE)
        if row.state == ReconciliationState.DIFFERS:
            tell_staff(row, found, now=row.finished_at)
        delete_old_notices(now=row.finished_at)
        kept = Reconciliation.objects.order_by("-pk").values_list("pk", flat=True)[:KEPT]
        Reconciliation.objects.filter(pk__lt=min(kept)).delete()
    return row


def _orders(result: Result) -> Iterator[DifferingOrder]:
    orders = result.found.orders
    numbers = dict(Order.objects.filter(pk__in=list(orders)).values_list("pk", "order_number"))
    for order, movements in sorted(orders.items()):
        known = {problem for each in movements.values() for problem in each.problems}
        yield DifferingOrder(
            order_id=order or None,
            order_number=numbers.get(order, ""),
            problems=[problem for problem in Problem if problem in known],
            movements=[_movement(each) for _, each in sorted(movements.items())],
        )


def _movement(one: MovementDifference) -> dict[str, Any]:
    return {
        "movement": one.movement,
        "problems": list(one.problems),
        "ledger": None if one.ledger is None else _values(one.ledger),
        "warehouse": [_values(each) for each in one.warehouse],
    }


def _values(values: MovementValues) -> dict[str, Any]:
    return {
        "day": values.day.isoformat(),
        "kind": values.kind,
        "order": values.order or None,
        "product": values.product,
        "quantity": values.quantity,
        "amount": _written(values.amount),
        "currency": values.currency,
    }


def _totals(one: Comparison) -> dict[str, Any]:
    return {
        "day": one.ledger.day.isoformat(),
        "kind": one.ledger.kind,
        "currency": one.ledger.currency,
        "ledger": _sums(one.ledger),
        "warehouse": _sums(one.warehouse),
    }


def _sums(total: Total) -> dict[str, Any]:
    return {"movements": total.movements, "units": total.units, "amount": _written(total.amount)}


def _written(amount: Decimal) -> str:
    return f"{amount:.4f}"
