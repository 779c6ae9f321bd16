"""Orders of the generated past, from what shoppers put into their carts to what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from backend.catalog.pricing import rounded
from backend.demo.behaviour import Behaviour
from backend.demo.people import Person, Population
from backend.orders.bulk import PastItem, PastOrder
from backend.orders.models import OrderStatus, PaymentMethod
from backend.orders.pricing import Tariff

SECONDS_TO_CART = 25
SECONDS_TO_ORDER = 180
CANCELLED_SHARE = 0.03
RETURNED_SHARE = 0.06
# Some find a product again on its own page: that cart item names no list.
WITHOUT_LIST_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Stocked:
    """What a product comes in: the variants' ids and what each costs."""

    variant_ids: tuple[int, ...]
    prices: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with the account that they have."""

    person: Person
    user_id: int
    shopper_key: UUID


@dataclass(frozen=True, slots=True)
class Additions:
    """What went into carts, by click: the variant's place in its product, and whether the list is named."""

    places: NDArray[np.int64]
    named: NDArray[np.bool_]


def additions(behaviour: Behaviour, *, stocked: Sequence[Stocked], rng: Generator) -> Additions:
    """Return for every click which variant it would put into the cart."""
    counts = np.array([len(product.variant_ids) for product in stocked])[behaviour.clicks.products]
    return Additions(
        places=np.floor(rng.random(len(counts)) * counts).astype(np.int64),
        named=rng.random(len(counts)) >= WITHOUT_LIST_SHARE,
    )


def past_orders(
    behaviour: Behaviour,
    *,
    added: Additions,
    population: Population,
    user_ids: Sequence[int],
    stocked: Sequence[Stocked],
    exposure_ids: Sequence[UUID],
    currency: str,
    tariff: Tariff,
    now: datetime,
    rng: Generator,
) -> list[PastOrder]:
    """Return the orders in the order of their times: one for each session that bought something."""
    clicks, shown = behaviour.clicks, behaviour.shown
    baskets: dict[int, dict[int, PastItem]] = {}
    last: dict[int, float] = {}
    people: dict[int, int] = {}
    for click in np.flatnonzero(clicks.ordered):
        exposure = clicks.shown[click]
        session = int(shown.sessions[exposure])
        people[session] = int(shown.people[exposure])
        at = float(clicks.seconds[click]) + SECONDS_TO_CART
        last[session] = max(at, last.get(session, 0.0))
        product = stocked[clicks.products[click]]
        place = added.places[click]
        item = PastItem(
            variant_id=product.variant_ids[place],
            quantity=int(clicks.units[click]),
            unit_price=product.prices[place],
            exposure_id=exposure_ids[exposure] if added.named[click] else None,
            cart_added_at=behaviour.begins_at + timedelta(seconds=at),
            shopper_key=population.keys[people[session]],
        )
        basket = baskets.setdefault(session, {})
        basket[item.variant_id] = _joined(basket.get(item.variant_id), item)
    return [
        _order(
            reference=f"order-{number}",
            items=list(baskets[session].values()),
            customer=population.customers[people[session]],
            user_id=user_ids[people[session]],
            placed_at=behaviour.begins_at + timedelta(seconds=last[session] + SECONDS_TO_ORDER),
            currency=currency,
            tariff=tariff,
            now=now,
            rng=rng,
        )
        for number, session in enumerate(sorted(baskets, key=lambda session: last[session]), start=1)
    ]


def _joined(earlier: PastItem | None, item: PastItem) -> PastItem:
    """Return what a cart makes of two adds: units add up, the claim is of the latest that has one."""
    if earlier is None:
        return item
    claim = item if item.exposure_id is not None else earlier
    return PastItem(
        variant_id=item.variant_id,
        quantity=earlier.quantity + item.quantity,
        unit_price=item.unit_price,
        exposure_id=claim.exposure_id,
        cart_added_at=claim.cart_added_at,
        shopper_key=claim.shopper_key,
    )


def _order(
    *,
    reference: str,
    items: list[PastItem],
    customer: Person,
    user_id: int,
    placed_at: datetime,
    currency: str,
    tariff: Tariff,
    now: datetime,
    rng: Generator,
) -> PastOrder:
    steps = _steps(placed_at, now=now, rng=rng)
    subtotal = sum((rounded(item.unit_price * item.quantity) for item in items), Decimal("0.00"))
    totals = tariff.totals(subtotal)
    delivered_at = dict(steps).get(OrderStatus.DELIVERED)
    if delivered_at is not None:
        items = [_perhaps_returned(item, delivered_at=delivered_at, now=now, rng=rng) for item in items]
    return PastOrder(
        reference=reference,
        placed_at=placed_at,
        currency=currency,
        items=items,
        user_id=user_id,
        customer_name=f"{customer.given} {customer.family}",
        customer_phone=customer.phone,
        tax_amount=totals.tax_amount,
        shipping_cost=totals.shipping_cost,
        shipping_address=customer.address,
        steps=steps,
        payment_method=PaymentMethod.COD,
    )


def _steps(placed_at: datetime, *, now: datetime, rng: Generator) -> list[tuple[OrderStatus, datetime]]:
    cancelled = rng.random() < CANCELLED_SHARE
    shipped_at = placed_at + timedelta(hours=float(rng.uniform(8, 48)))
    delivered_at = shipped_at + timedelta(hours=float(rng.uniform(24, 96)))
    cancelled_at = placed_at + timedelta(hours=float(rng.uniform(0.2, 7)))
    if cancelled:
        planned = [(OrderStatus.CANCELLED, cancelled_at)]
    else:
        planned = [(OrderStatus.SHIPPED, shipped_at), (OrderStatus.DELIVERED, delivered_at)]
    return [(status, at) for status, at in planned if at < now]


def _perhaps_returned(item: PastItem, *, delivered_at: datetime, now: datetime, rng: Generator) -> PastItem:
    returned_at = delivered_at + timedelta(days=float(rng.uniform(1, 14)))
    units = int(rng.integers(1, item.quantity + 1))
    if rng.random() >= RETURNED_SHARE or returned_at >= now:
        return item
    return PastItem(
        variant_id=item.variant_id,
        quantity=item.quantity,
        unit_price=item.unit_price,
        exposure_id=item.exposure_id,
        cart_added_at=item.cart_added_at,
        shopper_key=item.shopper_key,
        returned=units,
        returned_at=returned_at,
    )


def last_step(order: PastOrder) -> Mapping[OrderStatus, datetime]:
    """Return when the order reached each status after it was confirmed."""
    return dict(order.steps or ())
