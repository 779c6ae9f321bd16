"""The totals of the ledger and of the warehouse by day, kind and currency.

They find the days whose movements have to be compared one by one, without reading the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from django.db.models import BigIntegerField, Count, F, Sum, Value
from django.db.models.functions import Cast, Coalesce, Round, TruncDate

from analytics_pipeline import reports
from analytics_pipeline.warehouse import Warehouse
from backend.orders.models import Movement

_PLACES = Movement._meta.get_field("amount").decimal_places or 0
# SQLite adds decimals as floats, but integers exactly.
_SMALLEST_UNITS = Cast(Round(F("amount") * 10**_PLACES), BigIntegerField())
_PRIME = Value(1_000_003, output_field=BigIntegerField())
# Totals don't show whether two movements exchanged their amounts. A row's share is below 10⁶, so that the sum
# stays within 64 bits.
_VALUES = (
    Cast(Coalesce("order_id", 0), BigIntegerField()) * 7
    + Cast(F("product_id"), BigIntegerField()) * 11
    + Cast(F("quantity"), BigIntegerField()) * 13
    + _SMALLEST_UNITS * 17
)
_CHECKSUM = ((F("pk") % _PRIME + 1) * (_VALUES % _PRIME)) % _PRIME


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of all movements of one kind and currency on one day (UTC)."""

    day: date
    kind: str
    currency: str
    movements: int = 0
    units: int = 0
    amount: Decimal = Decimal(0)
    checksum: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The totals of both sides for one day, kind and currency."""

    ledger: Total
    warehouse: Total

    @property
    def agrees(self) -> bool:
        """Whether both sides agree."""
        return self.ledger == self.warehouse


def compare_totals(warehouse: Warehouse) -> list[Comparison]:
    """Compare the totals of every day, kind and currency that exists on either side."""
    facts = [Total(**row) for row in reports.run(warehouse, "reconciliation").records()]
    ledger, stored = _by_group(_ledger_totals()), _by_group(facts)
    return [
        Comparison(ledger=ledger.get(group, Total(*group)), warehouse=stored.get(group, Total(*group)))
        for group in sorted(ledger.keys() | stored.keys())
    ]


def _by_group(totals: Iterable[Total]) -> dict[tuple[date, str, str], Total]:
    return {(total.day, total.kind, total.currency): total for total in totals}


def _ledger_totals() -> list[Total]:
    rows = (
        Movement.objects.annotate(day=TruncDate("occurred_at", tzinfo=UTC))
        .values_list("day", "kind", "currency")
        .annotate(
            movements=Count("pk"),
            units=Sum("quantity"),
            smallest_units=Sum(_SMALLEST_UNITS),
            checksum=Sum(_CHECKSUM),
        )
        .order_by()
    )
    return [
        Total(
            day=day,
            kind=kind,
            currency=currency,
            movements=movements,
            units=units,
            amount=Decimal(smallest_units).scaleb(-_PLACES),
            checksum=int(checksum),
        )
        for day, kind, currency, movements, units, smallest_units, checksum in rows
    ]
