"""Weekly demand of variants, from reservations and the stock ledger."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F, Sum
from django.db.models.functions import TruncDate

from backend.catalog.models import Variant
from backend.inventory.models import InventoryTransaction, Reservation, ReservationState
from backend.purchasing.forecast import WEEKS

Weekly = list[float | None]
ByDay = Mapping[int, Mapping[date, int]]


@dataclass(frozen=True, slots=True)
class _History:
    """The ledger's effects of one variant by day, and its stock after the last of them."""

    stock: int
    effects: Mapping[date, int]

    def stock_before(self, day: date) -> int:
        """Return the stock at the beginning of `day`."""
        return self.stock - sum(effect for on, effect in self.effects.items() if on >= day)


def weekly_demand(variant_ids: Collection[int], *, now: datetime) -> dict[int, Weekly]:
    """Return the units reserved in each of the last WEEKS weeks by variant, oldest week first (3 queries).

    A week is seven days and the last one ends with yesterday (UTC). Units that were released do not
    count. None stands for a week in which the variant had no stock at any time and none was reserved.
    """
    end = now.astimezone(UTC).date()
    start = end - timedelta(weeks=WEEKS)
    since = datetime.combine(start, time(), tzinfo=UTC)
    reserved = _by_day(
        Reservation.objects.filter(variant_id__in=variant_ids, created_at__gte=since)
        # Reservations that an earlier release closed have no counters.
        .exclude(state=ReservationState.RELEASED)
        .values_list("variant_id", TruncDate("created_at", tzinfo=UTC))
        .annotate(units=Sum(F("quantity") - F("released")))
        .order_by()
    )
    effects = _by_day(
        InventoryTransaction.objects.filter(variant_id__in=variant_ids, recorded_at__gte=since)
        .values_list("variant_id", TruncDate("recorded_at", tzinfo=UTC))
        .annotate(units=Sum("effect"))
        .order_by()
    )
    stocks = Variant.objects.filter(pk__in=variant_ids).values_list("pk", "stock")
    starts = [start + timedelta(weeks=week) for week in range(WEEKS)]
    return {
        variant_id: [
            _week(first, reserved=reserved[variant_id], history=_History(stock, effects[variant_id]))
            for first in starts
        ]
        for variant_id, stock in stocks
    }


def _by_day(rows: Iterable[tuple[int, date, int]]) -> defaultdict[int, dict[date, int]]:
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    for variant_id, day, units in rows:
        found[variant_id][day] = units
    return found


def _week(first: date, *, reserved: Mapping[date, int], history: _History) -> float | None:
    days = [first + timedelta(days=number) for number in range(7)]
    units = sum(reserved.get(day, 0) for day in days)
    had_stock = history.stock_before(first) > 0 or any(history.effects.get(day, 0) > 0 for day in days)
    return float(units) if units or had_stock else None
