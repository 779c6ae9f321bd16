"""Who received what."""

from collections.abc import Collection

from backend.orders.models import OrderItem

Pair = tuple[int, int]
"""A customer and a product."""


def received(*, customer_ids: Collection[int], product_ids: Collection[int]) -> set[Pair]:
    """Return the customers and products of which at least one unit was delivered, returned later or not."""
    items = OrderItem.objects.filter(order__user__in=customer_ids, product__in=product_ids, delivered__gt=0)
    return set(items.values_list("order__user_id", "product_id").distinct())


def has_received(customer_id: int, *, product_id: int) -> bool:
    """Return whether a unit of the product was delivered to the customer."""
    return bool(received(customer_ids=[customer_id], product_ids=[product_id]))


def has_received_anything(customer_id: int) -> bool:
    """Return whether any unit of any product was delivered to the customer."""
    return OrderItem.objects.filter(order__user=customer_id, delivered__gt=0).exists()
