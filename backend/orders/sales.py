"""Sellers' sales: confirmed orders with items of a seller, of which the seller sees nothing else."""

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from backend.orders.errors import OrderNotFound
from backend.orders.fulfilment_models import Shipment
from backend.orders.models import Movement, MovementKind, Order, OrderItem


def sales_of(seller_id: int, *, to_ship: bool = False) -> QuerySet[Order]:
    """Return the orders with items of the seller, newest first (4 queries).

    Each has the seller's items in `sold_items` and the seller's shipments in `sent_shipments`. With
    `to_ship`, only orders of which the seller has units to ship.
    """
    # An item of an earlier release has its product's seller.
    sold = OrderItem.objects.filter(Q(seller=seller_id) | Q(seller=None, product__seller=seller_id))
    found = sold.filter(order=OuterRef("pk"))
    if to_ship:
        found = found.filter(quantity__gt=F("cancelled") + F("shipped"))
    confirmed = Movement.objects.filter(order=OuterRef("pk"), kind=MovementKind.SALE)
    sent = Shipment.objects.filter(seller=seller_id).prefetch_related("items")
    return (
        Order.objects.filter(Exists(found), Exists(confirmed))
        .prefetch_related(
            Prefetch("items", sold.select_related("reservation"), to_attr="sold_items"),
            Prefetch("shipments", sent, to_attr="sent_shipments"),
        )
        .order_by("-placed_at", "-pk")
    )


def sale_for(order_id: int, *, seller_id: int) -> Order:
    """Return the order with the seller's items and shipments (4 queries).

    Raises:
        OrderNotFound: it doesn't exist, isn't confirmed, or has no item of the seller.
    """
    order = sales_of(seller_id).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order
