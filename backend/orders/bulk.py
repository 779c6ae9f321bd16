"""Imports past orders from another shop or an earlier system.

Past orders keep their original prices and don't change the stock. Their transitions are not published as
`order_step`, so that customers get no messages about them. Each call is one transaction that leaves existing
orders unchanged, so an interrupted import can be repeated. No locks are needed, because no existing row
changes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from uuid import UUID

from django.db import transaction

from backend.api import money
from backend.api.bulk_rows import insert_values
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Variant
from backend.orders.models import (
    Movement,
    MovementKind,
    Order,
    OrderItem,
    OrderPaymentStatus,
    OrderStatus,
    OrderStatusHistory,
    PaymentMethod,
)
from backend.orders.movements import Part, record_cancels, record_parts, record_sales
from backend.orders.numbers import order_number
from backend.orders.settlement import STATUS_WITHOUT_PAYMENTS
from backend.orders.snapshots import snapshot_of
from backend.orders.status import COUNTERS_OF, Units, status_of
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

ITEM_COLUMNS = (
    "order",
    "product",
    "variant",
    "seller",
    "quantity",
    "cancelled",
    "shipped",
    "delivered",
    "returned",
    "list_price",
    "unit_price",
    "discount_amount",
    "total_price",
    "tax_class",
    "tax_rate",
    "tax_amount",
    "net_amount",
    "product_snapshot",
    "exposure_id",
    "cart_added_at",
    "shopper_key",
)
# One object for all rows, which is converted once (`insert_values`).
NO_DISCOUNT = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItem:
    """A line of a past order, of which `returned` units were returned at `returned_at`.

    If the lines of an order have no tax, its tax is only in `PastOrder.tax_amount`.
    """

    variant_id: int
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal = Decimal(0)
    tax_amount: Decimal = Decimal(0)
    exposure_id: UUID | None = None
    cart_added_at: datetime | None = None
    shopper_key: UUID | None = None
    returned: int = 0
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charge in addition to items, tax and shipping; negative for a discount."""

    code: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """A past order, which is recorded as confirmed at the time it was placed.

    `reference` identifies it within its source. `steps` are the later changes of its status, in order; None
    means that it was delivered at the time it was placed. The step that follows from returned units is added.
    """

    reference: str
    placed_at: datetime
    currency: str
    items: Sequence[PastItem]
    user_id: int | None = None
    customer_name: str = ""
    customer_phone: str = ""
    prices_include_tax: bool = False
    tax_amount: Decimal = Decimal(0)
    shipping_cost: Decimal = Decimal(0)
    charges: Sequence[Charge] = ()
    shipping_address: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    steps: Sequence[tuple[OrderStatus, datetime]] | None = None
    payment_method: PaymentMethod = PaymentMethod.ELSEWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMovement:
    """A return of units or money without a known order."""

    reference: str
    kind: MovementKind
    variant_id: int
    quantity: int
    amount: Decimal
    currency: str
    occurred_at: datetime
    customer_id: int | None = None
    country: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many orders or movements were stored, and how many already existed."""

    created: int
    unchanged: int


def import_orders(orders: Sequence[PastOrder], *, source: str) -> Imported:
    """Store the orders whose reference is new in `source`; return the counts.

    Raises:
        VariantNotFound: a line names a variant that does not exist; nothing was stored.
    """
    with transaction.atomic():
        fresh = _fresh_orders(orders, source=source)
        variants = _variants({item.variant_id for order in fresh for item in order.items})
        rows = Order.objects.bulk_create(_order_of(order, source=source) for order in fresh)
        pairs = list(zip(fresh, rows, strict=True))
        OrderStatusHistory.objects.bulk_create(chain.from_iterable(_history_of(*pair) for pair in pairs))
        insert_values(OrderItem, ITEM_COLUMNS, _item_rows(pairs, variants=variants))
        order_ids = [row.pk for row in rows]
        record_sales(order_ids)
        record_cancels(order_ids)
        _record_returns(pairs)
        publish_many(Topic.ORDER, order_ids)
    return Imported(created=len(fresh), unchanged=len(orders) - len(fresh))


def _fresh_orders(orders: Sequence[PastOrder], *, source: str) -> list[PastOrder]:
    by_reference = {order.reference: order for order in orders}
    known = Order.objects.filter(source=source, source_reference__in=by_reference)
    for reference in known.values_list("source_reference", flat=True):
        del by_reference[str(reference)]
    return list(by_reference.values())


def _variants(variant_ids: Collection[int]) -> dict[int, Variant]:
    variants = Variant.objects.select_related("product__category").in_bulk(variant_ids)
    if missing := sorted(set(variant_ids) - variants.keys()):
        raise VariantNotFound(variant_ids=missing)
    return variants


def _order_of(order: PastOrder, *, source: str) -> Order:
    subtotal = sum((_line_total(item, currency=order.currency) for item in order.items), Decimal(0))
    charges = sum((charge.amount for charge in order.charges), Decimal(0))
    status, _ = _steps(order)[-1]
    paid_until, _ = _given_steps(order)[-1]
    return Order(
        order_number=order_number(),
        user_id=order.user_id,
        customer_name=order.customer_name,
        customer_phone=order.customer_phone,
        status=status,
        payment_status=STATUS_WITHOUT_PAYMENTS.get(paid_until, OrderPaymentStatus.PENDING),
        payment_method=order.payment_method,
        currency=order.currency,
        subtotal=subtotal,
        tax_amount=order.tax_amount,
        shipping_cost=order.shipping_cost,
        charges=charges,
        charge_lines=[
            {"code": charge.code, "description": charge.description, "amount": str(charge.amount)}
            for charge in order.charges
        ],
        prices_include_tax=order.prices_include_tax,
        total_amount=subtotal
        + order.shipping_cost
        + charges
        + (Decimal(0) if order.prices_include_tax else order.tax_amount),
        shipping_address=dict(order.shipping_address),
        notes=order.notes,
        placed_at=order.placed_at,
        source=source,
        source_reference=order.reference,
    )


def _line_total(item: PastItem, *, currency: str) -> Decimal:
    return money.rounded(item.unit_price * item.quantity, currency=currency)


def _steps(order: PastOrder) -> list[tuple[OrderStatus, datetime]]:
    """Return the steps of the order; if units were returned, the last one has the status that follows."""
    given = _given_steps(order)
    before, _ = given[-1]
    returned_at = [item.returned_at for item in order.items if item.returned_at is not None]
    status = status_of(_units_of(order), confirmed=True)
    return [*given, (status, max(returned_at))] if returned_at and status != before else given


def _given_steps(order: PastOrder) -> list[tuple[OrderStatus, datetime]]:
    later = [(OrderStatus.DELIVERED, order.placed_at)] if order.steps is None else order.steps
    return [(OrderStatus.CONFIRMED, order.placed_at), *later]


def _units_of(order: PastOrder) -> Units:
    quantity = sum(item.quantity for item in order.items)
    moved = dict.fromkeys(COUNTERS_OF.get(_given_steps(order)[-1][0], ()), quantity)
    return Units(quantity=quantity, returned=sum(item.returned for item in order.items), **moved)


def _history_of(order: PastOrder, row: Order) -> list[OrderStatusHistory]:
    return [OrderStatusHistory(order=row, status=status, changed_at=at) for status, at in _steps(order)]


def _item_rows(
    pairs: Sequence[tuple[PastOrder, Order]], *, variants: Mapping[int, Variant]
) -> Iterator[tuple[object, ...]]:
    snapshots = {pk: snapshot_of(variant) for pk, variant in variants.items()}
    for order, row in pairs:
        moved = COUNTERS_OF.get(_given_steps(order)[-1][0], ())
        for item in order.items:
            variant = variants[item.variant_id]
            total = _line_total(item, currency=order.currency)
            yield (
                row.pk,
                variant.product_id,
                item.variant_id,
                variant.product.seller_id,
                item.quantity,
                *(item.quantity if name in moved else 0 for name in ("cancelled", "shipped", "delivered")),
                item.returned,
                item.unit_price,
                item.unit_price,
                NO_DISCOUNT,
                total,
                "",
                item.tax_rate,
                item.tax_amount,
                total - item.tax_amount if order.prices_include_tax else total,
                snapshots[item.variant_id],
                item.exposure_id,
                item.cart_added_at,
                item.shopper_key,
            )


def _record_returns(pairs: Sequence[tuple[PastOrder, Order]]) -> None:
    with_returns = [(order, row) for order, row in pairs if any(item.returned_at for item in order.items)]
    stored = OrderItem.objects.filter(order__in=[row for _, row in with_returns]).order_by("order", "pk")
    ids = iter(stored.values_list("pk", flat=True))
    returns = []
    for order, _ in sorted(with_returns, key=lambda pair: pair[1].pk):
        for item in order.items:
            item_id = next(ids)
            if item.returned_at is not None:
                returns.append(
                    Part(
                        order_item_id=item_id,
                        quantity=item.returned,
                        before=0,
                        occurred_at=item.returned_at,
                    )
                )
    record_parts(returns, kind=MovementKind.RETURN)


def import_movements(movements: Sequence[PastMovement], *, source: str) -> Imported:
    """Store the movements whose reference is new in `source`; return the counts.

    Raises:
        VariantNotFound: a movement names a variant that does not exist; nothing was stored.
    """
    with transaction.atomic():
        fresh = {f"{source}:{movement.reference}": movement for movement in movements}
        for reference in Movement.objects.filter(reference__in=fresh).values_list("reference", flat=True):
            del fresh[str(reference)]
        variants = _variants({movement.variant_id for movement in fresh.values()})
        rows = Movement.objects.bulk_create(
            _movement_of(movement, reference=reference, variant=variants[movement.variant_id])
            for reference, movement in fresh.items()
        )
        publish_many(Topic.MOVEMENT, [row.pk for row in rows])
    return Imported(created=len(fresh), unchanged=len(movements) - len(fresh))


def _movement_of(movement: PastMovement, *, reference: str, variant: Variant) -> Movement:
    return Movement(
        kind=movement.kind,
        product_id=variant.product_id,
        variant_id=variant.pk,
        seller_id=variant.product.seller_id,
        category_path=variant.product.category.path,
        country=movement.country,
        quantity=movement.quantity,
        amount=movement.amount,
        currency=movement.currency,
        occurred_at=movement.occurred_at,
        customer_id=movement.customer_id,
        reference=reference,
    )
