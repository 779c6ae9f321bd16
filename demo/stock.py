"""Generate the stock ledger for the orders: deliveries, reservations, shipments and returns.

Each variant has two deliveries: when its sale starts, and halfway to now. Stock always covers the orders. Of
those that sold, some were sold out for days between two orders, until the second delivery. At the end, some
variants are sold out or nearly so, but most are not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

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
LATE_DELIVERY_SHARE = 0.3
"""Of the variants that sold: those whose second delivery comes days after the first is sold out."""
LATE_DAYS = (1.0, 12.0)
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
    deliveries = _deliveries(sold, on_sale_since=on_sale_since, restocked_at=restocked_at, now=now, rng=rng)
    record_past([*deliveries, *_shipped(sold), *_returned(sold)])
    reservations = reserve_past([_reservation(one) for one in sold])
    rows = []
    for one, reservation in zip(sold, reservations, strict=True):
        one.row.reservation = reservation
        rows.append(one.row)
    OrderItem.objects.bulk_update(rows, ["reservation"], batch_size=LINK_AT_ONCE)
    record_changes(on_sale_since, now=now)


def _deliveries(
    sold: Sequence[Sold],
    *,
    on_sale_since: Mapping[int, datetime],
    restocked_at: datetime,
    now: datetime,
    rng: Generator,
) -> Iterator[PastEntry]:
    orders: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    cancelled = set()
    for one in sold:
        if OrderStatus.CANCELLED in step_times(one.order):
            cancelled.add(one.item.variant_id)
        else:
            orders[one.item.variant_id].append((one.order.placed_at, one.item.quantity))
    remaining = _remaining(len(on_sale_since), rng=rng)
    remaining[:1] = [FIRST_REMAINING]
    is_late = rng.random(len(on_sale_since)) < LATE_DELIVERY_SHARE
    is_late[:1] = False
    days = rng.uniform(*LATE_DAYS, len(on_sale_since))
    for place, ((variant_id, since), left) in enumerate(zip(on_sale_since.items(), remaining, strict=True)):
        placed = sorted(orders[variant_id])
        # A cancelled order had a reservation too, for which nothing would be left.
        if is_late[place] and placed and variant_id not in cancelled:
            sold_out_at, again_at = _sold_out(placed, days=days[place], now=now)
            first = sum(quantity for at, quantity in placed if at <= sold_out_at)
            again = sum(quantity for at, quantity in placed if at > sold_out_at) + left
        else:
            again_at = max(since, restocked_at)
            first = sum(quantity for at, quantity in placed if at < restocked_at) + left
            again = sum(quantity for at, quantity in placed if at >= restocked_at)
        for quantity, at in ((first, since), (again, again_at)):
            if quantity:
                yield PastEntry(
                    variant_id=variant_id,
                    transaction_type=TransactionType.IN,
                    quantity=int(quantity),
                    recorded_at=at,
                    reference="delivery",
                )


def _sold_out(
    placed: Sequence[tuple[datetime, int]], *, days: float, now: datetime
) -> tuple[datetime, datetime]:
    """Return when a variant is sold out, by the order before the longest pause, and when it is delivered."""
    times = [*(at for at, _ in placed), now]
    before, after = max(pairwise(times), key=lambda pause: pause[1] - pause[0])
    return before, before + min(timedelta(days=days), (after - before) * 0.8)


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
