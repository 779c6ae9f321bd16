"""Generate the stock ledger for the orders: deliveries, reservations, shipments and returns.

Each variant has two deliveries: when its sale starts, and halfway to now. Stock always covers the orders. At
the end, some variants are sold out or nearly so, but most are not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.random import Generator

from backend.inventory.availability import record_changes
from backend.inventory.bulk import PastEntry, PastReservation, record_past, reserve_past
from backend.inventory.models import ReservationState, TransactionType
from backend.orders.bulk import PastItem, PastOrder
from backend.orders.models import OrderItem, OrderStatus
from demo.orders import step_times

SOLD_OUT_SHARE = 0.05
NEARLY_SOLD_OUT_SHARE = 0.1
# Examples in the documentation buy the first variant.
FIRST_REMAINING = 60
LINK_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Sold:
    """A stored order item with the generated order and item that it came from."""

    row: OrderItem
    order: PastOrder
    item: PastItem


def record_ledger(
    sold: Sequence[Sold],
    *,
    on_sale_since: Mapping[int, datetime],
    restocked_at: datetime,
    now: datetime,
    rng: Generator,
) -> None:
    """Write the ledger for `sold`; `on_sale_since` has an entry for every variant."""
    deliveries = _deliveries(sold, on_sale_since=on_sale_since, restocked_at=restocked_at, rng=rng)
    record_past([*deliveries, *_shipped(sold), *_returned(sold)])
    reservations = reserve_past([_reservation(one) for one in sold])
    rows = []
    for one, reservation in zip(sold, reservations, strict=True):
        one.row.reservation = reservation
        rows.append(one.row)
    OrderItem.objects.bulk_update(rows, ["reservation"], batch_size=LINK_AT_ONCE)
    record_changes(on_sale_since, now=now)


def _deliveries(
    sold: Sequence[Sold], *, on_sale_since: Mapping[int, datetime], restocked_at: datetime, rng: Generator
) -> Iterator[PastEntry]:
    early: Counter[int] = Counter()
    late: Counter[int] = Counter()
    for one in sold:
        if OrderStatus.CANCELLED not in step_times(one.order):
            wanted = early if one.order.placed_at < restocked_at else late
            wanted[one.item.variant_id] += one.item.quantity
    remaining = _remaining(len(on_sale_since), rng=rng)
    remaining[:1] = [FIRST_REMAINING]
    for (variant_id, since), left in zip(on_sale_since.items(), remaining, strict=True):
        first = early[variant_id] + left
        again = late[variant_id]
        for quantity, at in ((first, since), (again, max(since, restocked_at))):
            if quantity:
                yield PastEntry(
                    variant_id=variant_id,
                    transaction_type=TransactionType.IN,
                    quantity=int(quantity),
                    recorded_at=at,
                    reference="delivery",
                )


def _remaining(count: int, *, rng: Generator) -> list[int]:
    chance = rng.random(count)
    plenty, few = rng.integers(10, 61, count), rng.integers(1, 6, count)
    low = np.where(chance < SOLD_OUT_SHARE, 0, few)
    return [int(units) for units in np.where(chance < SOLD_OUT_SHARE + NEARLY_SOLD_OUT_SHARE, low, plenty)]


def _shipped(sold: Sequence[Sold]) -> Iterator[PastEntry]:
    for one in sold:
        shipped_at = step_times(one.order).get(OrderStatus.SHIPPED)
        if shipped_at is not None:
            yield PastEntry(
                variant_id=one.item.variant_id,
                transaction_type=TransactionType.OUT,
                quantity=one.item.quantity,
                recorded_at=shipped_at,
                reference=one.row.order.order_number,
            )


def _returned(sold: Sequence[Sold]) -> Iterator[PastEntry]:
    for one in sold:
        if one.item.returned_at is not None:
            yield PastEntry(
                variant_id=one.item.variant_id,
                transaction_type=TransactionType.RETURN,
                quantity=one.item.returned,
                recorded_at=one.item.returned_at,
                reference=one.row.order.order_number,
            )


def _reservation(one: Sold) -> PastReservation:
    steps = step_times(one.order)
    shipped_at, cancelled_at = steps.get(OrderStatus.SHIPPED), steps.get(OrderStatus.CANCELLED)
    state = ReservationState.COMMITTED
    if shipped_at is not None:
        state = ReservationState.FULFILLED
    elif cancelled_at is not None:
        state = ReservationState.RELEASED
    return PastReservation(
        variant_id=one.item.variant_id,
        quantity=one.item.quantity,
        state=state,
        reference=one.row.order.order_number,
        created_at=one.order.placed_at,
        closed_at=shipped_at or cancelled_at,
    )
