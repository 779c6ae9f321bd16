"""Generate orders, cancellations and returns from cart additions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from backend.addresses.validation import destination_of
from backend.orders.bulk import PastItem, PastOrder
from backend.orders.models import OrderStatus, PaymentMethod
from backend.orders.pricing import PricedLine, Tariff
from demo.behaviour import Behaviour
from demo.shoppers import Population

SECONDS_TO_CART = 25
SECONDS_TO_ORDER = 180
CANCELLED_SHARE = 0.03
RETURNED_SHARE = 0.06
# The share of cart items that were added from the product's page and have no exposure id.
WITHOUT_LIST_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Stocked:
    """The ids and prices of a product's variants."""

    variant_ids: tuple[int, ...]
    prices: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class CartAdditions:
    """Cart additions by click: the variant's index, and whether the item has an exposure id."""

    places: NDArray[np.int64]
    named: NDArray[np.bool_]


def additions(behaviour: Behaviour, *, stocked: Sequence[Stocked], rng: Generator) -> CartAdditions:
    """Return for every click the variant that it may add to the cart."""
    counts = np.array([len(product.variant_ids) for product in stocked])[behaviour.clicks.products]
    return CartAdditions(
        places=np.floor(rng.random(len(counts)) * counts).astype(np.int64),
        named=rng.random(len(counts)) >= WITHOUT_LIST_SHARE,
    )


@dataclass(frozen=True, slots=True)
class Ordering:
    """Generates orders; `user_ids` and `stocked` are by position, `exposure_ids` by list."""

    behaviour: Behaviour
    added: CartAdditions
    population: Population
    user_ids: Sequence[int]
    stocked: Sequence[Stocked]
    exposure_ids: Sequence[UUID]
    currency: str
    tariff: Tariff
    now: datetime
    rng: Generator

    def orders(self) -> list[PastOrder]:
        """Return the orders in the order of time, one for each session with a purchase."""
        baskets: dict[int, dict[int, PastItem]] = {}
        last: dict[int, float] = {}
        for click in np.flatnonzero(self.behaviour.clicks.ordered).tolist():
            session = int(self.behaviour.shown.sessions[self.behaviour.clicks.shown[click]])
            last[session] = max(self._added_after(click), last.get(session, 0.0))
            basket = baskets.setdefault(session, {})
            item = self._item(click)
            basket[item.variant_id] = _merged(basket.get(item.variant_id), item)
        return [
            self._order(session, number=number, items=list(baskets[session].values()), after=last[session])
            for number, session in enumerate(sorted(baskets, key=lambda session: last[session]), start=1)
        ]

    def _added_after(self, click: int) -> float:
        return float(self.behaviour.clicks.seconds[click]) + SECONDS_TO_CART

    def _item(self, click: int) -> PastItem:
        clicks = self.behaviour.clicks
        exposure = clicks.shown[click]
        product, place = self.stocked[clicks.products[click]], self.added.places[click]
        return PastItem(
            variant_id=product.variant_ids[place],
            quantity=int(clicks.units[click]),
            unit_price=product.prices[place],
            exposure_id=self.exposure_ids[exposure] if self.added.named[click] else None,
            cart_added_at=self.behaviour.begins_at + timedelta(seconds=self._added_after(click)),
            shopper_key=self.population.keys[self.behaviour.shown.shoppers[exposure]],
        )

    def _order(self, session: int, *, number: int, items: list[PastItem], after: float) -> PastOrder:
        place = int(np.searchsorted(self.behaviour.shown.sessions, session))
        shopper = int(self.behaviour.shown.shoppers[place])
        customer = self.population.customers[shopper]
        placed_at = self.behaviour.begins_at + timedelta(seconds=after + SECONDS_TO_ORDER)
        steps = _steps(placed_at, now=self.now, rng=self.rng)
        lines = [PricedLine(amount=item.unit_price * item.quantity) for item in items]
        destination = destination_of(customer.address)
        totals = self.tariff.totals(lines, destination=destination, currency=self.currency)
        items = [
            replace(item, tax_rate=line.tax_rate, tax_amount=line.tax_amount)
            for item, line in zip(items, totals.lines, strict=True)
        ]
        if delivered_at := dict(steps).get(OrderStatus.DELIVERED):
            items = [self._maybe_returned(item, delivered_at=delivered_at) for item in items]
        return PastOrder(
            reference=f"order-{number}",
            placed_at=placed_at,
            currency=self.currency,
            items=items,
            user_id=self.user_ids[shopper],
            customer_name=f"{customer.given} {customer.family}",
            customer_phone=customer.phone,
            tax_amount=totals.tax_amount,
            shipping_cost=totals.shipping_cost,
            shipping_address=customer.address,
            steps=steps,
            payment_method=PaymentMethod.COD,
        )

    def _maybe_returned(self, item: PastItem, *, delivered_at: datetime) -> PastItem:
        returned_at = delivered_at + timedelta(days=float(self.rng.uniform(1, 14)))
        units = int(self.rng.integers(1, item.quantity + 1))
        if self.rng.random() >= RETURNED_SHARE or returned_at >= self.now:
            return item
        return replace(item, returned=units, returned_at=returned_at)


def _merged(earlier: PastItem | None, item: PastItem) -> PastItem:
    """Return the cart item after another addition: units add up, and the last exposure id is kept."""
    if earlier is None:
        return item
    claim = item if item.exposure_id is not None else earlier
    return replace(claim, quantity=earlier.quantity + item.quantity)


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


def step_times(order: PastOrder) -> Mapping[OrderStatus, datetime]:
    """Return the times at which the order reached each status after its confirmation."""
    return dict(order.steps or ())
