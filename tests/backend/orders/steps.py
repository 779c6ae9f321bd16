"""Helpers that fill carts and place orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.accounts.models import User
from backend.api.money import written
from backend.api.owners import Owner
from backend.api.rows import last_rows
from backend.audit.actors import Actor
from backend.carts.services import Claim, add_item
from backend.orders.checkout import Purchase, place_order
from backend.orders.models import Movement, Order
from backend.orders.pricing import tariff
from tests.backend.shop import NOW

ADDRESS = {
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "USA",
}


def fill(
    user: User, units: Mapping[int, int], *, exposure_id: UUID | None = None, at: datetime = NOW
) -> None:
    """Add units to the customer's cart, by variant id."""
    claim = Claim(exposure_id=exposure_id, shopper_key=user.shopper_key, added_at=at)
    for variant_id, quantity in units.items():
        add_item(
            Owner(user_id=user.pk), product_id=None, variant_id=variant_id, quantity=quantity, claim=claim
        )


def check_out(user: User, *, at: datetime = NOW, **options: Any) -> Order:
    purchase = Purchase(
        owner=Owner(user_id=user.pk),
        tariff=tariff(),
        name=user.get_full_name(),
        phone=user.phone or "",
        shipping_address=ADDRESS,
        **options,
    )
    with last_rows() as rows:
        return place_order(purchase, by=Actor.user(user.pk), now=at, last_rows=rows)


def order_of(user: User, units: Mapping[int, int], *, at: datetime = NOW) -> Order:
    """Place an order of these units, by variant id, and return it."""
    fill(user, units)
    return check_out(user, at=at)


def movements_of(order: Order) -> list[tuple[str, int, str]]:
    """Return the kind, quantity and amount of each movement, oldest first."""
    rows = Movement.objects.filter(order=order).order_by("pk")
    return [(row.kind, row.quantity, written(row.amount, currency=row.currency)) for row in rows]
