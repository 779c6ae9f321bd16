"""The invariants of orders and payments at every commit, computed from the rows without the code under test."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from backend.orders.fulfilment_models import Return
from backend.orders.models import Movement, Order, OrderItem
from backend.payments.models import Payment, PaymentRequest

NOTHING = Decimal(0)
PLACES = {"JPY": 0, "USD": 2, "KWD": 3}
NEXT = {
    "PENDING": {"CONFIRMED", "CANCELLED"},
    "CONFIRMED": {"PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"},
    # When the unshipped units are cancelled, the status depends on the shipped ones alone.
    "PARTIALLY_SHIPPED": {"SHIPPED", "DELIVERED", "PARTIALLY_RETURNED", "RETURNED"},
    "SHIPPED": {"DELIVERED", "PARTIALLY_RETURNED", "RETURNED"},
    "DELIVERED": {"PARTIALLY_RETURNED", "RETURNED"},
    "PARTIALLY_RETURNED": {"RETURNED"},
    "RETURNED": set(),
    # Paid after the hold had ended.
    "CANCELLED": {"PENDING"},
}
"""The statuses that may follow each status."""
ROWS = (
    "items__reservation",
    "adjustments",
    "movements",
    "history",
    "shipments__items",
    "returns__items",
    "granted_refunds__lines__movement",
)


def check_orders(*, unsettled: Collection[str] = ()) -> None:
    """Check all orders; the payment status of `unsettled` ones (numbers) has not been derived yet."""
    payments = defaultdict(list)
    for payment in Payment.objects.prefetch_related("events", "requests"):
        check_payment(payment)
        payments[payment.order_number].append(payment)
    for order in Order.objects.prefetch_related(*ROWS):
        check_amounts(order)
        check_units(order)
        check_status(order)
        check_movements(order)
        if order.order_number not in unsettled:
            assert order.payment_status == payment_status(order, payments=payments[order.order_number])


def rounded(amount: Decimal, *, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-PLACES[currency]), rounding=ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)


def check_amounts(order: Order) -> None:
    """The lines and adjustments add up to the order, and each has the tax of its rate."""
    items, adjustments = list(order.items.all()), list(order.adjustments.all())
    for item in items:
        assert item.total_price == item.unit_price * item.quantity - item.discount_amount
        taxed = item.total_price - item.tax_amount if order.prices_include_tax else item.total_price
        assert item.net_amount == taxed
        assert min(item.total_price, item.tax_amount, taxed) >= 0
    taxed_amounts = [
        *((item.total_price, item.tax_rate, item.tax_amount) for item in items),
        *((row.amount, row.tax_rate, row.tax_amount) for row in adjustments),
    ]
    for amount, rate, tax in taxed_amounts:
        base = 100 + rate if order.prices_include_tax else Decimal(100)
        assert tax == rounded(amount * rate / base, currency=order.currency)
    assert order.subtotal == total(item.total_price for item in items)
    assert order.shipping_cost == total(row.amount for row in adjustments if row.kind == "SHIPPING")
    assert order.tax_amount == total(tax for _, _, tax in taxed_amounts)
    added = NOTHING if order.prices_include_tax else order.tax_amount
    assert order.total_amount == order.subtotal + order.shipping_cost + order.charges + added


def check_units(order: Order) -> None:
    """The counters of the items are the sums of shipments and returns, and agree with the reservations."""
    shipped, delivered = _shipped(order)
    returned, announced = _returned(order)
    for item in order.items.all():
        pk, reservation = item.pk, item.reservation
        assert (item.shipped, item.delivered, item.returned) == (shipped[pk], delivered[pk], returned[pk])
        assert item.cancelled + item.shipped <= item.quantity
        assert item.returned + announced[pk] <= item.shipped
        assert reservation is not None
        assert (reservation.fulfilled, reservation.released) == (item.shipped, item.cancelled)
        assert reservation.quantity == item.quantity
        assert (reservation.state == "HELD") == (order.status == "PENDING")


def _shipped(order: Order) -> tuple[Counter[int], Counter[int]]:
    shipped: Counter[int] = Counter()
    delivered: Counter[int] = Counter()
    sellers = {item.pk: item.seller_id for item in order.items.all()}
    for shipment in order.shipments.all():
        for row in shipment.items.all():
            assert sellers[row.item_id] == shipment.seller_id
            shipped[row.item_id] += row.quantity
            delivered[row.item_id] += row.quantity if shipment.delivered_at else 0
    return shipped, delivered


def _returned(order: Order) -> tuple[Counter[int], Counter[int]]:
    returned: Counter[int] = Counter()
    announced: Counter[int] = Counter()
    for one in order.returns.all():
        is_received, is_open = one.status in ("RECEIVED", "REFUNDED"), one.status in ("REQUESTED", "APPROVED")
        for row in one.items.all():
            assert row.resellable + row.damaged + row.missing == (row.quantity if is_received else 0)
            returned[row.item_id] += row.resellable + row.damaged
            announced[row.item_id] += row.quantity if is_open else 0
    return returned, announced


def check_status(order: Order) -> None:
    """The status follows from the units, and the history leads to it by steps that `NEXT` allows."""
    steps = [step.status for step in order.history.all()]
    assert steps[0] == "PENDING"
    assert steps[-1] == order.status == expected_status(order, steps=steps)
    for before, after in pairwise(steps):
        assert after in NEXT[before], steps


def expected_status(order: Order, *, steps: Collection[str]) -> str:
    items = list(order.items.all())
    sold = [item for item in items if item.quantity > item.cancelled]
    if not sold:
        return "CANCELLED"
    if "CONFIRMED" not in steps:
        return "PENDING"
    if all(item.shipped == 0 for item in sold):
        return "CONFIRMED"
    if any(item.shipped < item.quantity - item.cancelled for item in sold):
        return "PARTIALLY_SHIPPED"
    if all(item.returned == item.shipped for item in sold):
        return "RETURNED"
    if any(item.returned for item in sold):
        return "PARTIALLY_RETURNED"
    return "DELIVERED" if all(item.delivered == item.shipped for item in sold) else "SHIPPED"


def check_movements(order: Order) -> None:
    """Sales, cancels and returns add up to the items, in units and in money; refunds are those granted."""
    lines = [line for refund in order.granted_refunds.all() for line in refund.lines.all()]
    assert all(line.movement.amount == line.amount - line.tax_amount >= 0 for line in lines)
    granted = {line.movement_id for line in lines}
    assert granted == {movement.pk for movement in order.movements.all() if movement.kind == "REFUND"}
    by_item = defaultdict(list)
    for movement in order.movements.all():
        by_item[movement.order_item_id].append(movement)
    confirmed = any(step.status == "CONFIRMED" for step in order.history.all())
    for item in order.items.all():
        _check_movements_of(item, by_item[item.pk], confirmed=confirmed, currency=order.currency)


def _check_movements_of(
    item: OrderItem, movements: Iterable[Movement], *, confirmed: bool, currency: str
) -> None:
    units: Counter[str] = Counter()
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for movement in movements:
        units[movement.kind] += movement.quantity
        amounts[movement.kind] += movement.amount
    if not confirmed:
        assert not units
        return
    assert (units["SALE"], amounts["SALE"]) == (item.quantity, item.net)
    assert (units["CANCEL"], units["RETURN"], units["REFUND"]) == (item.cancelled, item.returned, 0)
    taken = item.cancelled + item.returned
    assert amounts["CANCEL"] + amounts["RETURN"] == _part(item.net, item, units=taken, currency=currency)


def _part(amount: Decimal, item: OrderItem, *, units: int, currency: str) -> Decimal:
    return rounded(amount * units / item.quantity, currency=currency)


def check_payment(payment: Payment) -> None:
    """The sums of a payment are those of its events, and no more is refunded than was captured."""
    valid = [event for event in payment.events.all() if not event.problem]
    failed = {event.gateway_reference for event in valid if event.kind == "REFUND_FAILED"}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for event in valid:
        if event.kind != "REFUNDED" or event.gateway_reference not in failed:
            sums[event.kind] += event.amount
    assert payment.captured == sums["CAPTURED"]
    assert payment.refunded == sums["REFUNDED"]
    assert 0 <= payment.refunded <= payment.captured <= payment.amount
    assert 0 <= payment.authorised <= payment.amount - payment.captured
    open_requests = [request for request in payment.requests.all() if is_open(request)]
    pending = total(request.amount for request in open_requests if request.kind == "REFUND")
    assert payment.refunded + pending <= payment.captured


def is_open(request: PaymentRequest) -> bool:
    return request.state in ("PENDING", "ACCEPTED", "UNRESOLVED")


def is_being_voided(payment: Payment) -> bool:
    return any(request.kind == "VOID" and is_open(request) for request in payment.requests.all())


def payment_status(order: Order, *, payments: Collection[Payment]) -> str:
    """Return the payment status that the payments and the units imply."""
    captured, refunded = (
        total(payment.captured for payment in payments),
        total(payment.refunded for payment in payments),
    )
    if not payments and not order.total_amount:
        return "PAID"
    if refunded:
        return "REFUNDED" if refunded == captured else "PARTLY_REFUNDED"
    if captured and captured >= amount_due(order):
        return "PAID"
    if order.status == "CANCELLED" or not amount_due(order):
        return "CANCELLED"
    # What is being voided can't be captured any more.
    open_payments = [payment for payment in payments if not is_being_voided(payment)]
    return "AUTHORISED" if any(payment.authorised for payment in open_payments) else "PENDING"


def amount_due(order: Order) -> Decimal:
    """Return what the order costs without its cancelled and returned units and without its refunds."""
    if order.status == "CANCELLED":
        return NOTHING
    goodwill: defaultdict[int, Decimal] = defaultdict(Decimal)
    due = order.total_amount
    for refund in order.granted_refunds.all():
        assert refund.amount == total(line.amount for line in refund.lines.all())
        assert refund.tax_amount == total(line.tax_amount for line in refund.lines.all())
        if refund.kind == "SHIPPING":
            due -= refund.amount
            continue
        for line in refund.lines.all():
            goodwill[line.item_id] += line.amount
    for item in order.items.all():
        gross, taken = _gross(item, order=order), item.cancelled + item.returned
        left = gross - _part(gross, item, units=taken, currency=order.currency)
        due -= gross - max(NOTHING, left - goodwill[item.pk])
    return due


def _gross(item: OrderItem, *, order: Order) -> Decimal:
    return item.total_price if order.prices_include_tax else item.total_price + item.tax_amount


def check_returns_are_closed(order: Order) -> None:
    """A received return of a settled order is refunded, unless nothing came back."""
    for row in Return.objects.filter(order=order, status="RECEIVED"):
        assert not any(line.resellable or line.damaged for line in row.items.all())
