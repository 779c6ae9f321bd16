"""Prepares and inspects the shop of `test_checkout_races`, in a process of that shop.

`make` prints variants, access tokens and guests' carts as JSON. Until they are terminated, `expire` lets unpaid orders
expire half a second after they were placed, and `perform` performs the due requests to payment gateways. `inspect` prints
what is stored, as JSON, for each line that it reads.
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - needs Django's apps
from django.utils import timezone  # noqa: E402

from backend.accounts.models import User, UserType  # noqa: E402
from backend.accounts.sessions import begin_session  # noqa: E402
from backend.api.owners import guest_with, new_cart_token  # noqa: E402
from backend.audit.actors import Actor  # noqa: E402
from backend.carts.models import Cart, CartItem  # noqa: E402
from backend.catalog.categories import category_by_names  # noqa: E402
from backend.catalog.services import create_product  # noqa: E402
from backend.catalog.variant_services import NewVariant  # noqa: E402
from backend.inventory.checks import stock_differences  # noqa: E402
from backend.inventory.models import TransactionType  # noqa: E402
from backend.inventory.services import Entry, record_many  # noqa: E402
from backend.orders.holds import expire_orders  # noqa: E402
from backend.orders.models import Order, OrderStatus  # noqa: E402
from backend.orders.subscribers import Settlement  # noqa: E402
from backend.outbox.selectors import cursor_position, newest  # noqa: E402
from backend.payments.models import OPEN_STATES, Payment, PaymentRequest  # noqa: E402
from backend.payments.performing import due, perform  # noqa: E402

BY = Actor.system("races")
COUNTERS = (Path(__file__).parent / "counters.sql").read_text()
# The units of each variant; each is a product of its own, so that its price can be changed alone.
STOCK = {"ABUNDANT": 10_000, "LEFT": 10_000, "RIGHT": 10_000, "LAST": 1, "CHANGING": 10_000}


def make(scarce: int, customers: int, carts: int) -> dict[str, object]:
    """Create `scarce` units of a variant and many of others, customers, and guests' carts.

    The guests' carts have a unit of LEFT and one of RIGHT, which every second guest added first.
    """
    now = timezone.now()
    seller = User.objects.create_user("+15550208000", user_type=UserType.SELLER)
    variants: dict[str, dict[str, int]] = {}
    entries = []
    for sku, units in {"SCARCE": scarce, **STOCK}.items():
        created = create_product(
            title=f"A lamp {sku}",
            category=category_by_names(["Home"], by=BY),
            seller_id=seller.pk,
            price=Decimal("10.00"),
            currency="USD",
            variants=[NewVariant(sku=sku, name=sku)],
            now=now,
            by=BY,
        )
        variant = created.variants.get()
        variants[sku] = {"variant": variant.pk, "product": created.pk}
        entries.append(Entry(variant_id=variant.pk, transaction_type=TransactionType.IN, quantity=units))
    record_many(entries, by=BY, now=now)
    staff = User.objects.create_superuser("+15550208002", "a password for staff")
    other = User.objects.create_user("+15550208001", user_type=UserType.SELLER)
    return {
        "variants": variants,
        "customers": [_token_of(User.objects.create_user(f"+1555020{n:04d}")) for n in range(customers)],
        "seller": _token_of(seller),
        "other_seller": _token_of(other),
        "staff": _token_of(staff),
        "guests": _guests_with_carts(carts, [variants[sku]["variant"] for sku in ("LEFT", "RIGHT")]),
    }


def _token_of(user: User) -> str:
    return begin_session(user, now=timezone.now()).access_token


def _guests_with_carts(count: int, variants: list[int]) -> list[str]:
    """Return the cart tokens of guests whose carts have the variants in alternating order."""
    now, tokens = timezone.now(), [new_cart_token() for _ in range(count)]
    carts = Cart.objects.bulk_create(Cart(guest=guest_with(token).guest) for token in tokens)
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant_id=pk, quantity=1, added_at=now)
        for number, cart in enumerate(carts)
        for pk in (variants if number % 2 else variants[::-1])
    )
    return tokens


def expire() -> None:
    """Let unpaid orders expire half a second after they were placed.

    Their `expires_at` is changed instead of passing a later time, from which payments would be scheduled.
    """
    now = timezone.now()
    pending = Order.objects.filter(status=OrderStatus.PENDING, placed_at__lte=now - timedelta(seconds=0.5))
    pending.update(expires_at=now)
    expire_orders(by=BY, now=now)


def perform_due() -> None:
    """Perform the due requests to payment gateways, as workers do after a sweep."""
    for request_id in due(now=timezone.now(), limit=10):
        perform(request_id, clock=timezone.now)


def repeat(act: Callable[[], None]) -> None:
    """Call `act` again and again."""
    while True:
        act()
        time.sleep(0.05)


def inspect() -> dict[str, object]:
    """Return what is stored about stock, orders and money, and how many deadlocks there were (10 queries)."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTERS)
        differences = [f"{what} {pk}: {found}, not {sums}" for what, pk, found, sums in cursor.fetchall()]
    money: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for payment in Payment.objects.prefetch_related("events"):
        money[payment.order_number] = {
            "captured": str(payment.captured),
            "refunded": str(payment.refunded),
            "needs_attention": payment.needs_attention,
            "events": [(event.kind, event.problem) for event in payment.events.all()],
        }
    orders = Order.objects.order_by("pk").prefetch_related("items__variant", "history", "movements")
    return {
        # Settlement may request a refund of what an event reports.
        "unsettled_events": _has_unsettled_events(),
        "open_requests": PaymentRequest.objects.filter(state__in=OPEN_STATES).count(),
        "deadlocks": _deadlocks(),
        "differences": differences + [str(each) for each in stock_differences()],
        "orders": [_shown(order) | money[order.order_number] for order in orders],
    }


def _deadlocks() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (found,) = cursor.fetchone()
    return int(found)


def _has_unsettled_events() -> bool:
    reported, settled = newest(Settlement.topics), cursor_position(Settlement.name)
    return reported is not None and (settled is None or settled < reported)


def _shown(order: Order) -> dict[str, object]:
    sold = {"SALE": 0, "CANCEL": 0}
    for movement in order.movements.all():
        sold[movement.kind] += movement.quantity
    return {
        "number": order.order_number,
        "status": order.status,
        "method": order.payment_method,
        "total": str(order.total_amount),
        "units": {item.variant.sku: item.quantity for item in order.items.all()},
        "sold": sold["SALE"] - sold["CANCEL"],
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", scarce, customers, carts]:
            sys.stdout.write(json.dumps(make(int(scarce), int(customers), int(carts))))
        case ["expire"]:
            repeat(expire)
        case ["perform"]:
            repeat(perform_due)
        case ["inspect"]:
            for _ in sys.stdin:
                print(json.dumps(inspect()), flush=True)
