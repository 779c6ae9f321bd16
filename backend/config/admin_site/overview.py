"""The panels of the index page; one whose engine is down is shown as not available."""

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
from backend.config.admin_site import charts
from backend.config.admin_site.charts import BAD, GOOD, Bars, Chart
from backend.inventory.alerts import threshold_of
from backend.inventory.models import KnownStockLevel, StockLevel
from backend.notifications.models import Delivery, DeliveryState
from backend.operations import health

DAYS = 30
ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the page: a table, and perhaps a chart of the same figures."""

    title: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    chart: Chart | None = None
    summary: str = ""
    unavailable: str = ""


def panels_for(user: User, *, now: datetime) -> list[Panel]:
    """Return the panels of the user's areas."""
    makers: Mapping[StaffArea, tuple[str, Callable[[], Panel]]] = {
        StaffArea.REPORTS: (f"Sales of {DAYS} days", lambda: _sales(user, today=timezone.localdate(now))),
        StaffArea.STOCK: ("Low stock", _low_stock),
        StaffArea.OPERATIONS: ("Pipeline health", _health),
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
    days = [first + timedelta(days=number) for number in range(DAYS)]
    currencies = sorted({row["currency"] for row in rows})
    net: dict[tuple[str, str], Decimal] = {(row["period"], row["currency"]): row["net"] for row in rows}
    series = [
        Bars(label=currency, values=[float(net.get((day.isoformat(), currency), 0)) for day in days])
        for currency in currencies
    ]
    names = [f"{day.day} {day:%b}" for day in days]
    totals = [_total(net, currency=currency) for currency in currencies]
    label = f"Bar chart of net sales by day in {' and '.join(currencies)}; the table has the same figures."
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
        chart=charts.vertical_bars(label, names=names, series=series) if rows else None,
    )


def _total(net: Mapping[tuple[str, str], Decimal], *, currency: str) -> str:
    amount = sum((amount for (_, each), amount in net.items() if each == currency), Decimal(0))
    return f"{money.written(amount, currency=currency)} {currency}"


def _low_stock() -> Panel:
    """Return the variants at or below their threshold, those that are sold out first."""
    levels = KnownStockLevel.objects.filter(level__in=[StockLevel.OUT, StockLevel.LOW])
    related = levels.select_related("variant__product", "variant__stock_threshold")
    rows = list(related.order_by("-level", "variant_id")[:ROWS])
    variants = [row.variant for row in rows]
    thresholds = [threshold_of(variant) for variant in variants]
    series = [
        Bars(label="Available", values=[variant.available for variant in variants]),
        Bars(label="Threshold", values=thresholds),
    ]
    label = "Bar chart of available units and thresholds by variant; the table has the same figures."
    names = [variant.product.title for variant in variants]
    return Panel(
        summary=f"Variants that are low on stock or sold out: {levels.count()}.",
        columns=("SKU", "Product", "Available", "Threshold", "Level"),
        rows=[
            (variant.sku, variant.product.title, variant.available, threshold, row.get_level_display())
            for row, variant, threshold in zip(rows, variants, thresholds, strict=True)
        ],
        chart=charts.horizontal_bars(label, names=names, series=series, unit="units") if rows else None,
    )


def _health() -> Panel:
    """Return the state and the lag of each part; the checks end within their own deadline."""
    probes = health.probe_all()
    lags = Bars(
        label="Lag",
        values=[_lag_of(probe) for probe in probes],
        colour=[GOOD if probe.healthy else BAD for probe in probes],
    )
    names = [probe.name if probe.healthy else f"{probe.name} (fails)" for probe in probes]
    label = "Bar chart of how far each part lags behind, in seconds; the table has the same figures."
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
        chart=charts.horizontal_bars(label, names=names, series=[lags], unit="seconds") if probes else None,
    )


def _lag_of(probe: health.Probe) -> float:
    """Return the largest lag in seconds among the facts; zero for a part that can't lag."""
    lags = [value for name, value in probe.facts.items() if name.endswith(("lag_seconds", "overdue_seconds"))]
    return max((float(lag) for lag in lags if isinstance(lag, int | float)), default=0.0)


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
