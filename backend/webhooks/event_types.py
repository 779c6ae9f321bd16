"""The types of events, in the order of their documentation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices


class Family(TextChoices):
    """The types whose documents have the same shape of `data`."""

    ORDER = "order", "an order changed its status"
    SHIPMENT = "shipment", "a parcel left or arrived"
    PAYMENT = "payment", "something happened to a payment"
    PRODUCT = "product", "a product of the catalogue changed"
    STOCK = "stock", "a variant reached another level of stock"
    PRICE = "price", "a variant has another price"
    ENDPOINT = "endpoint", "about the endpoint itself"


@dataclass(frozen=True, slots=True)
class EventType:
    """A type: `for_sellers` says whether endpoints of sellers may receive it."""

    name: str
    family: Family
    description: str
    for_sellers: bool = True


PING = EventType("endpoint.ping", Family.ENDPOINT, "A test that was requested.")

EVENT_TYPES: Sequence[EventType] = (
    EventType("order.placed", Family.ORDER, "An order was placed, and is not confirmed yet."),
    EventType("order.confirmed", Family.ORDER, "An order is paid, authorised, or to be paid on delivery."),
    EventType("order.partially_shipped", Family.ORDER, "Some units of an order were shipped."),
    EventType("order.shipped", Family.ORDER, "All units of an order were shipped."),
    EventType("order.delivered", Family.ORDER, "All units of an order were delivered."),
    EventType("order.partially_returned", Family.ORDER, "Some units of an order came back."),
    EventType("order.returned", Family.ORDER, "All units of an order came back."),
    EventType("order.cancelled", Family.ORDER, "An order was cancelled, or expired unpaid."),
    EventType("shipment.created", Family.SHIPMENT, "A parcel of a seller was shipped."),
    EventType("shipment.delivered", Family.SHIPMENT, "A parcel of a seller was delivered."),
    EventType("payment.authorised", Family.PAYMENT, "A payment was authorised.", for_sellers=False),
    EventType("payment.captured", Family.PAYMENT, "Money was captured.", for_sellers=False),
    EventType("payment.voided", Family.PAYMENT, "An authorisation was released.", for_sellers=False),
    EventType("payment.declined", Family.PAYMENT, "A payment was declined.", for_sellers=False),
    EventType("payment.capture_failed", Family.PAYMENT, "A capture failed.", for_sellers=False),
    EventType("payment.void_failed", Family.PAYMENT, "A void failed.", for_sellers=False),
    EventType("payment.disputed", Family.PAYMENT, "A customer disputes a payment.", for_sellers=False),
    EventType("refund.created", Family.PAYMENT, "Money was refunded.", for_sellers=False),
    EventType("refund.failed", Family.PAYMENT, "A refund failed.", for_sellers=False),
    EventType("product.created", Family.PRODUCT, "A product was added to the catalogue."),
    EventType("product.updated", Family.PRODUCT, "A product, or one of its variants, was changed."),
    EventType("product.deleted", Family.PRODUCT, "A product was deleted."),
    EventType("stock.low", Family.STOCK, "A variant reached its threshold."),
    EventType("stock.out", Family.STOCK, "A variant is sold out."),
    EventType("stock.back", Family.STOCK, "A variant that was sold out is available again."),
    EventType("stock.sufficient", Family.STOCK, "A variant is above its threshold again."),
    EventType("price.changed", Family.PRICE, "A variant is sold at another price."),
)

BY_NAME: Mapping[str, EventType] = {each.name: each for each in (*EVENT_TYPES, PING)}


def types_for(*, is_seller: bool) -> list[str]:
    """Return the names of the types that an endpoint of a seller, or of the shop, can choose."""
    return [each.name for each in EVENT_TYPES if each.for_sellers or not is_seller]
