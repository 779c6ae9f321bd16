"""Accounts and products for tests, and clients that send their requests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from backend.accounts.models import User, UserType
from backend.audit.actors import Actor
from backend.catalog.categories import category_by_names
from backend.catalog.models import Product, Variant
from backend.catalog.services import create_product
from backend.catalog.variant_services import NewVariant
from backend.inventory.models import TransactionType
from backend.inventory.services import Entry, record_many

SYSTEM = Actor.system("tests")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

_numbers = count(1)


def customer(**fields: Any) -> User:
    return _account(user_type=UserType.CUSTOMER, **fields)


def seller(**fields: Any) -> User:
    return _account(user_type=UserType.SELLER, **fields)


def staff(**fields: Any) -> User:
    return _account(user_type=UserType.ADMIN, is_staff=True, **fields)


def _account(**fields: Any) -> User:
    return User.objects.create_user(f"+1555020{next(_numbers):04d}", **fields)


def product(
    title: str = "A lamp",
    *,
    price: str = "10.00",
    stock: int | Sequence[int] = 10,
    category: Sequence[str] = ("Home", "Lamps"),
    sold_by: User | None = None,
    currency: str = "USD",
    **fields: Any,
) -> Product:
    """Return a product with a variant for each number of `stock`."""
    stocks = [stock] if isinstance(stock, int) else list(stock)
    created = create_product(
        title=title,
        category=category_by_names(category, by=SYSTEM),
        seller_id=(sold_by or seller()).pk,
        price=Decimal(price),
        currency=currency,
        variants=[
            NewVariant(sku=f"SKU-{next(_numbers)}", name=f"choice {index}") for index in range(len(stocks))
        ],
        now=NOW,
        **fields,
        by=SYSTEM,
    )
    receive({variant.pk: units for variant, units in zip(created.variants.all(), stocks, strict=True)})
    return created


def receive(units: Mapping[int, int]) -> None:
    """Receive units into stock, by variant id."""
    entries = [
        Entry(
            variant_id=variant_id, transaction_type=TransactionType.IN, quantity=number, reference="delivery"
        )
        for variant_id, number in units.items()
        if number
    ]
    record_many(entries, by=SYSTEM, now=NOW)


def variant(**options: Any) -> Variant:
    """Return the only variant of a new product."""
    return product(**options).variants.get()


def stock_of(variant_id: int) -> tuple[int, int]:
    """Return the variant's stock and reserved units from the database."""
    return Variant.objects.values_list("stock", "reserved").get(pk=variant_id)


def client_of(user: User | None = None) -> APIClient:
    """Return a client that sends requests as `user`, or as a guest."""
    client = APIClient(raise_request_exception=True)
    if user is not None:
        client.force_authenticate(user)
    return client
