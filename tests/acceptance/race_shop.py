"""Prepares and inspects the shop of `test_checkout_races`, in a process of that shop.

`make` prints the buyers' access tokens and the variants as JSON; `expire` expires all unpaid orders until it is
terminated; `inspect` prints what is stored, as JSON.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import django

django.setup()

from django.db.models import Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from backend.accounts.models import User, UserType  # noqa: E402
from backend.accounts.sessions import begin_session  # noqa: E402
from backend.audit.actors import Actor  # noqa: E402
from backend.catalog.categories import category_by_names  # noqa: E402
from backend.catalog.services import create_product  # noqa: E402
from backend.catalog.variant_services import NewVariant  # noqa: E402
from backend.inventory.checks import stock_differences  # noqa: E402
from backend.inventory.models import LIVE, Reservation, TransactionType  # noqa: E402
from backend.inventory.services import Entry, record_many  # noqa: E402
from backend.orders.holds import expire_orders  # noqa: E402
from backend.orders.models import Movement, Order, OrderStatus  # noqa: E402
from backend.payments.models import OPEN_STATES, Payment, PaymentRequest  # noqa: E402

BY = Actor.system("races")


def make(units: int, customers: int) -> dict[str, object]:
    """Create a scarce variant with so many units, an abundant one, and customers."""
    now = timezone.now()
    seller = User.objects.create_user("+15550208000", user_type=UserType.SELLER)
    created = create_product(
        title="A lamp",
        category=category_by_names(["Home"], by=BY),
        seller_id=seller.pk,
        price=Decimal("10.00"),
        currency="USD",
        variants=[NewVariant(sku="SCARCE", name="scarce"), NewVariant(sku="ABUNDANT", name="abundant")],
        now=now,
        by=BY,
    )
    variants = list(created.variants.order_by("pk").values_list("pk", flat=True))
    stock = zip(variants, (units, 10_000), strict=True)
    entries = [
        Entry(variant_id=pk, transaction_type=TransactionType.IN, quantity=in_stock) for pk, in_stock in stock
    ]
    record_many(entries, by=BY, now=now)
    return {"variants": variants, "tokens": list(_tokens(customers))}


def _tokens(customers: int) -> Iterator[str]:
    for number in range(customers):
        user = User.objects.create_user(f"+1555020{number:04d}")
        yield begin_session(user, now=timezone.now()).access_token


def expire() -> None:
    """Let unpaid orders expire half a second after they were placed, again and again.

    Their `expires_at` is changed instead of passing a later time, from which payments would be scheduled.
    """
    while True:
        now = timezone.now()
        pending = Order.objects.filter(
            status=OrderStatus.PENDING, placed_at__lte=now - timedelta(seconds=0.5)
        )
        pending.update(expires_at=now)
        expire_orders(by=BY, now=now)
        time.sleep(0.05)


def inspect() -> dict[str, object]:
    """Return what is stored about stock, orders and money."""
    live = Reservation.objects.filter(state__in=LIVE)
    return {
        "open_requests": PaymentRequest.objects.filter(state__in=OPEN_STATES).count(),
        "differences": [str(one) for one in stock_differences()],
        "reserved": {
            one["variant__sku"]: one["units"]
            for one in live.values("variant__sku")
            .annotate(units=Sum("quantity") - Sum("released"))
            .order_by()
        },
        "orders": [_order(order) for order in Order.objects.order_by("pk")],
    }


def _order(order: Order) -> dict[str, object]:
    payments = Payment.objects.filter(order_number=order.order_number)
    sums = payments.aggregate(
        captured=Sum("captured"), refunded=Sum("refunded"), authorised=Sum("authorised")
    )
    movements = (
        Movement.objects.filter(order=order)
        .values("kind")
        .annotate(units=Sum("quantity"), amount=Sum("amount"))
    )
    by_kind = {one["kind"]: (one["units"], str(one["amount"])) for one in movements.order_by()}
    return {
        "number": order.order_number,
        "status": order.status,
        "payment_status": order.payment_status,
        "method": order.payment_method,
        "total": str(order.total_amount),
        "units": {item.variant.sku: item.quantity for item in order.items.select_related("variant")},
        "steps": list(order.history.order_by("pk").values_list("status", flat=True)),
        "movements": by_kind,
        **{name: str(amount or 0) for name, amount in sums.items()},
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", units, customers]:
            sys.stdout.write(json.dumps(make(int(units), int(customers))))
        case ["expire"]:
            expire()
        case ["inspect"]:
            sys.stdout.write(json.dumps(inspect()))
