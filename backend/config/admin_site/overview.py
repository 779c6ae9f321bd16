"""What the index page shows; a part whose engine is down is shown as not available."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.analytics import selectors as reports
from backend.api import money
from backend.api.errors import DomainError, translated
from backend.inventory.models import KnownStockLevel, StockLevel
from backend.notifications.models import Delivery, DeliveryState
from backend.operations import health

DAYS = 30
ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the page: a table, and perhaps a chart of the same figures (as JSON for Chart.js)."""

    title: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    chart: str = ""
    summary: str = ""
    unavailable: str = ""


def panels_for(user: User, *, now: datetime) -> list[Panel]:
    """Return the panels of the user's areas."""
    makers: Mapping[StaffArea, tuple[str, Callable[[], Panel]]] = {
        StaffArea.REPORTS: (f"Sales of {DAYS} days", lambda: _sales(user, today=timezone.localdate(now))),
        StaffArea.STOCK: ("Low stock", _low_stock),
        StaffArea.OPERATIONS: ("Health", _health),
        StaffArea.CUSTOMERS: ("Messages that failed", _failed_messages),
    }
    return [_panel(title, make) for area, (title, make) in makers.items() if user.has_area(area)]


def _panel(title: str, make: Callable[[], Panel]) -> Panel:
    try:
        return replace(make(), title=title)
    except Exception as error:
        found = translated(error)
        if not isinstance(found, DomainError):
            raise
        return Panel(title=title, unavailable=found.message)


def _sales(user: User, *, today: date) -> Panel:
    """Return the net sales by day and currency; the warehouse's deadline for requests limits the time."""
    first = today - timedelta(days=DAYS - 1)
    period = {"start_date": first.isoformat(), "end_date": today.isoformat(), "group_by": "day"}
    rows = reports.run("sales", user=user, parameters=period).records()
    days = [(first + timedelta(days=number)).isoformat() for number in range(DAYS)]
    currencies = sorted({row["currency"] for row in rows})
    net: dict[tuple[str, str], Decimal] = {(row["period"], row["currency"]): row["net"] for row in rows}
    datasets = [
        {
            "label": f"Net sales in {currency}",
            "data": [float(net.get((day, currency), 0)) for day in days],
            "backgroundColor": "var(--color-primary-600)",
        }
        for currency in currencies
    ]
    totals = [_total(net, currency=currency) for currency in currencies]
    return Panel(
        summary=f"Net sales: {', '.join(totals)}." if totals else "Nothing was sold.",
        columns=("Day", "Orders", "Units", "Net", "Currency"),
        rows=[
            (
                row["period"],
                row["orders"],
                row["units"],
                money.written(row["net"], currency=row["currency"]),
                row["currency"],
            )
            for row in reversed(rows)
        ],
        chart=json.dumps({"labels": days, "datasets": datasets}) if rows else "",
    )


def _total(net: Mapping[tuple[str, str], Decimal], *, currency: str) -> str:
    amount = sum((amount for (_, each), amount in net.items() if each == currency), Decimal(0))
    return f"{money.written(amount, currency=currency)} {currency}"


def _low_stock() -> Panel:
    levels = KnownStockLevel.objects.filter(level__in=[StockLevel.OUT, StockLevel.LOW])
    rows = levels.select_related("variant__product").order_by("-level", "variant_id")[:ROWS]
    return Panel(
        summary=f"Variants that are low on stock or sold out: {levels.count()}.",
        columns=("SKU", "Product", "Available", "Level"),
        rows=[
            (row.variant.sku, row.variant.product.title, row.variant.available, row.get_level_display())
            for row in rows
        ],
    )


def _health() -> Panel:
    """Return the state of each part; the checks end within their own deadline."""
    probes = health.probe_all()
    return Panel(
        summary=f"The shop is {health.state_of(probes)}.",
        columns=("Part", "State", "Facts"),
        rows=[
            (
                probe.name,
                "works" if probe.healthy else "fails",
                ", ".join(f"{name}: {value}" for name, value in probe.facts.items()),
            )
            for probe in probes
        ],
    )


def _failed_messages() -> Panel:
    failed = Delivery.objects.filter(state__in=[DeliveryState.FAILED, DeliveryState.POSSIBLY_SENT])
    return Panel(
        summary=f"Messages that were given up, or may not have been sent: {failed.count()}.",
        columns=("Queued", "Kind", "Channel", "Reason"),
        rows=[
            (f"{row.queued_at:%Y-%m-%d %H:%M}", row.get_kind_display(), row.channel, row.reason)
            for row in failed.order_by("-queued_at")[:ROWS]
        ],
    )
