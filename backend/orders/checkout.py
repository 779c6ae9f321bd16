"""Checkout: turns a cart into an order.

Checkout is one transaction that locks the cart and its variants, so the prices and the stock can't change
before the commit. A cash-on-delivery order is confirmed, and counts as a sale, when it is placed. Other
orders are PENDING until they are paid; until then their units are held.

docs/decisions/checkout.md lists the statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import IntegerField, Model
from django.db.models.expressions import RawSQL

from backend.addresses.validation import destination_of
from backend.api import money
from backend.api.arrivals import NO_ARRIVAL, Arrival
from backend.api.owners import Owner
from backend.api.rows import LastRows, inserted, set_related
from backend.api.statements import statement
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.services import entry_of
from backend.carts.contents import Contents, contents_of
from backend.carts.errors import UnitLimitExceeded
from backend.carts.models import CartItem
from backend.carts.promoted import PromotedCart, promoted
from backend.carts.services import take_items
from backend.catalog.models import Variant
from backend.inventory.models import Reservation, ReservationState
from backend.inventory.reservations import reserve_locked
from backend.orders.errors import CurrencyChanged, OrderTooLarge, PriceChanged
from backend.orders.models import (
    AdjustmentKind,
    Movement,
    Order,
    OrderAdjustment,
    OrderItem,
    OrderPaymentStatus,
    OrderStatus,
    OrderStatusHistory,
    PaymentMethod,
)
from backend.orders.movements import sale_of
from backend.orders.numbers import order_number
from backend.orders.pricing import Tariff, Totals
from backend.orders.promotions import adjustments_of, uses_of
from backend.orders.quotes import orderable_currency, priced_lines
from backend.orders.snapshots import snapshot_of
from backend.outbox.services import messages
from backend.outbox.topics import Topic
from backend.payments.services import new_payment
from backend.promotions.customers import use_owner
from backend.promotions.reading import Terms
from backend.promotions.uses import take_uses, use_rows

SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """The data that a customer or a guest sends to place an order, the tariff, and the facts of the request.

    Without a shipping method, the cheapest one is used. The tariff and the terms of promotions are read
    before the transaction; `expected_total` and `expected_currency` protect against a later change. Without
    terms, no promotion is applied.
    """

    owner: Owner
    tariff: Tariff
    terms: Terms | None = None
    arrival: Arrival = NO_ARRIVAL
    name: str = ""
    phone: str = ""
    email: str = ""
    shipping_address: Mapping[str, str]
    billing_address: Mapping[str, str] = field(default_factory=dict)
    shipping_method: str = ""
    payment_method: PaymentMethod = PaymentMethod.COD
    payment_options: Mapping[str, object] = field(default_factory=dict)
    notes: str = ""
    expected_total: Decimal | None = None
    expected_currency: str = ""


def place_order(purchase: Purchase, *, by: Actor, now: datetime, last_rows: LastRows) -> Order:
    """Order the contents of the cart and return the order, with its items and history.

    Rows that belong to the order are added to `last_rows`; the caller's transaction inserts them.

    Raises:
        CartEmpty: the cart is empty.
        ItemsUnavailable: a line is no longer for sale, or too few units are available.
        DestinationNotServed: no shipping method ships the cart to the address.
        ShippingMethodUnavailable: the chosen method doesn't.
        UnitLimitExceeded: the customer would have too many units of a product in open orders.
        PromotionUsedUp: what was left of a promotion was taken in the meantime.
        OrderTooLarge: the total is too high to store.
        CurrencyChanged: the currency is not `expected_currency`.
        PriceChanged: the total is not `expected_total`.
        GatewayNotOffered: the shop doesn't offer the payment method.
        InvalidInput: the gateway does not know a payment option, or `expected_total` has too many decimal
            places for the currency.
    """
    cart = promoted(_taken_contents(purchase), terms=purchase.terms or Terms(now=now))
    contents = cart.contents
    totals = _totals(cart, purchase=purchase)
    order = _order_of(purchase, contents=contents, totals=totals, now=now)
    _require_expected(order, purchase=purchase)
    order.save(force_insert=True)
    confirmed = order.status == OrderStatus.CONFIRMED
    variants = {line.item.variant_id: line.item.variant for line in contents.lines}
    reservations = reserve_locked(
        variants,
        units={line.item.variant_id: line.item.quantity for line in contents.lines},
        reference=order.order_number,
        now=now,
        state=ReservationState.COMMITTED if confirmed else ReservationState.HELD,
    )
    items = _store_items(order, contents=contents, totals=totals, reservations=reservations)
    steps = _store_history(order, by=by, now=now)
    uses = uses_of(cart.evaluation, totals=totals, terms=purchase.terms)
    if uses or cart.codes:
        # Late, because orders wait for each other at a promotion with a cap.
        used_by = use_owner(user_id=purchase.owner.user_id, email=purchase.email)
        take_uses(uses, cart=purchase.owner, used_by=used_by)
    last_rows.add(
        *_payment_rows(order, purchase=purchase, now=now),
        *_adjustments(order, items=items, cart=cart, totals=totals),
        *use_rows(uses, order_number=order.order_number, currency=order.currency, now=now),
        *(_sales(items, contents=contents, now=now) if confirmed else ()),
        *messages(Topic.PRODUCT, sorted({variant.product_id for variant in variants.values()})),
        *messages(Topic.PROMOTION, sorted({use.rule.id for use in uses if use.is_counted})),
        *messages(Topic.ORDER_STEP, [step.pk for step in steps]),
        *messages(Topic.ORDER, [order.pk]),
        _audit_entry(order, by=by),
    )
    return order


def _taken_contents(purchase: Purchase) -> Contents:
    """Empty the cart, lock its variants, and return what was in it."""
    items = take_items(purchase.owner)
    rows = _variants_for(purchase, variant_ids=[item.variant_id for item in items])
    variants = {variant.pk: variant for variant in rows}
    for item in items:
        item.variant = variants[item.variant_id]
    contents = contents_of(items)
    orderable_currency(contents)
    _require_within_limit(items, open_units={row.product_id: row.open_units or 0 for row in rows})
    return contents


def _variants_for(purchase: Purchase, *, variant_ids: Sequence[int]) -> list[Any]:
    """Lock the variants by id and return them; `open_units` counts the customer's units of the product."""
    rows = Variant.objects.select_for_update(of=("self",), no_key=True).select_related("product__category")
    rows = rows.filter(pk__in=variant_ids).order_by("pk")
    return list(rows.annotate(open_units=_open_units(purchase)))


def _open_units(purchase: Purchase) -> RawSQL:
    """Return the units of a variant's product that are reserved for the customer's orders, as a subquery."""
    owner = purchase.owner
    name, parameters = (
        ("open_units_of_guest", [owner.guest, purchase.email])
        if owner.user_id is None
        else ("open_units_of_user", [owner.user_id])
    )
    return RawSQL(statement(SQL, name), parameters, output_field=IntegerField())  # noqa: S611 - a file


def _require_within_limit(items: Sequence[CartItem], *, open_units: Mapping[int, int]) -> None:
    limit = settings.CUSTOMER_UNIT_LIMIT
    units = dict(open_units)
    for item in items:
        units[item.variant.product_id] += item.quantity
    over = {item.variant.product_id: item.variant for item in items if units[item.variant.product_id] > limit}
    if over:
        raise UnitLimitExceeded.of([(over[pk], units[pk]) for pk in sorted(over)], limit=limit)


def _totals(cart: PromotedCart, *, purchase: Purchase) -> Totals:
    return purchase.tariff.totals(
        priced_lines(cart.contents),
        destination=destination_of(purchase.shipping_address),
        currency=orderable_currency(cart.contents),
        method=purchase.shipping_method,
        evaluation=cart.evaluation,
    )


def _require_expected(order: Order, *, purchase: Purchase) -> None:
    if purchase.expected_currency not in ("", order.currency):
        raise CurrencyChanged(expected_currency=purchase.expected_currency, currency=order.currency)
    total = purchase.expected_total
    if total is None:
        return
    money.require_precise(order.currency, expected_total=total)
    if total != order.total_amount:
        raise PriceChanged(
            expected_total=money.written(total, currency=order.currency),
            total_amount=money.written(order.total_amount, currency=order.currency),
        )


def _order_of(purchase: Purchase, *, contents: Contents, totals: Totals, now: datetime) -> Order:
    currency = str(contents.currency)
    if totals.total_amount > money.highest_total(currency):
        raise OrderTooLarge(
            total_amount=money.written(totals.total_amount, currency=currency),
            max_total=str(money.highest_total(currency)),
        )
    at_once = purchase.payment_method == PaymentMethod.COD or not totals.total_amount
    return Order(
        order_number=order_number(),
        user_id=purchase.owner.user_id,
        guest=purchase.owner.guest,
        customer_name=purchase.name,
        customer_phone=purchase.phone,
        email=purchase.email,
        status=OrderStatus.CONFIRMED if at_once else OrderStatus.PENDING,
        payment_status=OrderPaymentStatus.PENDING if totals.total_amount else OrderPaymentStatus.PAID,
        payment_method=purchase.payment_method,
        currency=currency,
        prices_include_tax=totals.prices_include_tax,
        subtotal=totals.subtotal,
        tax_amount=totals.tax_amount,
        shipping_cost=totals.shipping_cost,
        charges=Decimal(0),
        total_amount=totals.total_amount,
        shipping_method=totals.method.code,
        shipping_address=dict(purchase.shipping_address),
        billing_address=dict(purchase.billing_address),
        notes=purchase.notes,
        placed_at=now,
        **purchase.arrival.columns(),
        expires_at=None if at_once else now + settings.PAYMENT_HOLD,
    )


def _store_items(
    order: Order, *, contents: Contents, totals: Totals, reservations: Mapping[int, Reservation]
) -> list[OrderItem]:
    items = inserted(
        OrderItem(
            order=order,
            product_id=line.item.variant.product_id,
            variant=line.item.variant,
            seller_id=line.item.variant.product.seller_id,
            reservation=reservations[line.item.variant_id],
            quantity=line.item.quantity,
            list_price=line.item.variant.list_price,
            unit_price=line.unit_price,
            discount_amount=line.discount_amount,
            total_price=line.total_price,
            tax_class=taxed.tax_class,
            tax_rate=taxed.tax_rate,
            tax_amount=taxed.tax_amount,
            net_amount=taxed.net_amount,
            product_snapshot=snapshot_of(line.item.variant),
            exposure_id=line.item.exposure_id,
            cart_added_at=line.item.added_at,
            shopper_key=line.item.shopper_key,
        )
        for line, taxed in zip(contents.lines, totals.lines, strict=True)
    )
    set_related(order, "items", items)
    return items


def _store_history(order: Order, *, by: Actor, now: datetime) -> list[OrderStatusHistory]:
    statuses = [OrderStatus.PENDING]
    if order.status == OrderStatus.CONFIRMED:
        statuses.append(OrderStatus.CONFIRMED)
    steps = inserted(
        OrderStatusHistory(order=order, status=status, changed_by_id=by.user_id, changed_at=now)
        for status in statuses
    )
    set_related(order, "history", steps)
    set_related(order, "shipments", [])
    return steps


def _adjustments(
    order: Order, *, items: Sequence[OrderItem], cart: PromotedCart, totals: Totals
) -> list[OrderAdjustment]:
    rows = [
        *_shipping_rows(order, totals=totals),
        *adjustments_of(order, items=items, evaluation=cart.evaluation, totals=totals),
    ]
    set_related(order, "adjustments", rows)
    return rows


def _shipping_rows(order: Order, *, totals: Totals) -> list[OrderAdjustment]:
    if not totals.method.price:
        return []
    shipping = OrderAdjustment(
        order=order,
        kind=AdjustmentKind.SHIPPING,
        code=totals.method.code,
        description=totals.method.name,
        amount=totals.method.price,
        tax_rate=totals.shipping.tax_rate,
        tax_amount=totals.shipping.tax_amount,
    )
    return [shipping]


def _payment_rows(order: Order, *, purchase: Purchase, now: datetime) -> list[Model]:
    if not order.total_amount:
        order.payments = []
        return []
    new = new_payment(
        order_number=order.order_number,
        gateway=order.payment_method.lower(),
        amount=order.total_amount,
        currency=order.currency,
        expires_at=order.expires_at,
        now=now,
        options=purchase.payment_options,
    )
    order.payments = [new.payment]
    return [new.payment, *new.requests, *new.messages]


def _sales(items: Sequence[OrderItem], *, contents: Contents, now: datetime) -> list[Movement]:
    return [
        sale_of(item, product=line.item.variant.product, now=now)
        for item, line in zip(items, contents.lines, strict=True)
    ]


def _audit_entry(order: Order, *, by: Actor) -> AuditEntry:
    placed = {"status": (None, order.status), "total_amount": (None, order.total_amount)}
    return entry_of("orders.order_placed", by=by, subject=order, changes=placed)
