"""Results of comparisons as text, for the command and for pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.analytics.models import DifferingOrder, Reconciliation, ReconciliationState

REPAIR = "manage.py reconcile --repair"
REPAIR_REFUSED = "manage.py refused_facts --replay"


def remedy(row: Reconciliation) -> str:
    """Return the command that helps; empty if nothing differs."""
    if row.state != ReconciliationState.DIFFERS:
        return ""
    if set(row.problems) <= {"missing", "status", "refused"} and row.problems.get("refused") == row.differing:
        return f"Correct the movements or the warehouse, then run: {REPAIR_REFUSED}"
    return f"Run: {REPAIR}"


def summary(row: Reconciliation) -> str:
    """Return the result in a sentence."""
    if row.state == ReconciliationState.FAILED:
        return f"not compared: {row.reason}"
    counted = f"{row.movements} movements of {row.days} days"
    if row.state == ReconciliationState.DIFFERS:
        problems = ", ".join(f"{name} {count}" for name, count in row.problems.items())
        return f"{row.differing} of {counted} differ ({problems}){_pending(row)}"
    if row.pending:
        return f"{counted} compared{_pending(row)}; nothing else differs"
    return f"{counted} agree"


def lines(row: Reconciliation) -> Iterator[str]:
    """Yield a line for each total and for each order that differs."""
    yield from total_lines(row)
    for order in row.orders.all():
        yield _order(order)
    if not row.orders_are_complete:
        yield "further orders differ"


def total_lines(row: Reconciliation) -> Iterator[str]:
    """Yield a line for each day, kind and currency whose totals differ."""
    for total in row.totals:
        yield (
            f"{total['day']} {total['kind']} {total['currency']}: "
            f"ledger {_sums(total['ledger'])}; warehouse {_sums(total['warehouse'])}"
        )


def movement_lines(order: DifferingOrder) -> Iterator[str]:
    """Yield a line for each movement of an order that differs."""
    for each in order.movements:
        sides = [f"ledger {_values(each['ledger'])}"] if each["ledger"] else []
        sides += [f"warehouse {_values(values)}" for values in each["warehouse"]]
        yield f"movement {each['movement']} ({', '.join(each['problems'])}): {'; '.join(sides)}"


def _order(order: DifferingOrder) -> str:
    name = "no order" if order.order_id is None else f"order {order.order_number or order.order_id}"
    return f"{name}: {'; '.join(movement_lines(order))}"


def _pending(row: Reconciliation) -> str:
    return f", {row.pending} are pending in the outbox" if row.pending else ""


def _sums(sums: Mapping[str, Any]) -> str:
    return f"{sums['movements']} movements, {sums['units']} units, {sums['amount']}"


def _values(values: Mapping[str, Any]) -> str:
    return (
        f"{values['day']} {values['kind']} {values['quantity']} of product {values['product']} "
        f"in order {values['order']} for {values['amount']} {values['currency']}"
    )
