"""Compares the warehouse's order facts with the order ledger, exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.db.models import BigIntegerField, Count, F, Sum
from django.db.models.functions import Cast, Round, TruncMonth

from analytics_pipeline import reports
from analytics_pipeline.warehouse import Warehouse
from backend.orders.models import Movement

_PLACES = Movement._meta.get_field("amount").decimal_places or 0
# SQLite adds decimals as floats, but integers exactly.
_SMALLEST_UNITS = Cast(Round(F("amount") * 10**_PLACES), BigIntegerField())


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of all movements of one kind and currency in one month (UTC)."""

    month: str
    kind: str
    currency: str
    movements: int = 0
    units: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The totals of both sides for one month, kind and currency."""

    ledger: Total
    warehouse: Total

    @property
    def agrees(self) -> bool:
        """Whether both sides agree."""
        return self.ledger == self.warehouse


def reconcile(warehouse: Warehouse) -> list[Comparison]:
    """Compare the totals of every month, kind and currency that exists on either side."""
    facts = [Total(**row) for row in reports.run(warehouse, "reconciliation").records()]
    ledger, stored = _by_group(_ledger_totals()), _by_group(facts)
    return [
        Comparison(ledger=ledger.get(group, Total(*group)), warehouse=stored.get(group, Total(*group)))
        for group in sorted(ledger.keys() | stored.keys())
    ]


def _by_group(totals: Iterable[Total]) -> dict[tuple[str, str, str], Total]:
    return {(total.month, total.kind, total.currency): total for total in totals}


def _ledger_totals() -> list[Total]:
    rows = (
        Movement.objects.annotate(month=TruncMonth("occurred_at", tzinfo=UTC))
        .values_list("month", "kind", "currency")
        .annotate(movements=Count("pk"), units=Sum("quantity"), smallest_units=Sum(_SMALLEST_UNITS))
        .order_by()
    )
    return [
        Total(f"{month:%Y-%m}", kind, currency, movements, units, Decimal(smallest_units).scaleb(-_PLACES))
        for month, kind, currency, movements, units, smallest_units in rows
    ]
