"""Finds carts that customers left behind, and what is in them.

A customer is reminded of a cart once. It is the same cart as long as a line is there that it had when the
customer was reminded. A cart that was ordered is empty.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from backend.carts.models import Cart, CartItem
from backend.notifications.models import CartReminder, KindStart, NotificationKind, Unsubscription
from backend.notifications.switches import is_on
from backend.orders.models import Order
from backend.outbox.services import publish
from backend.outbox.topics import Topic

KIND = NotificationKind.CART_LEFT
NEVER_AFTER = timedelta(days=3)
"""A cart that was left for longer is not remembered any more, for example after an outage."""
REMINDED_AT_ONCE = 500
KEPT_FOR = timedelta(days=180)
"""A cart that still has a line after this time may be reminded of once more."""


def remind_of_carts(*, now: datetime) -> int:
    """Publish a reminder of carts that were left for CART_REMINDER_AFTER; return how many.

    At most REMINDED_AT_ONCE are found in one call. Carts that were left before the kind was switched on are
    not found.
    """
    if not settings.CART_REMINDER_AFTER or not is_on(KIND, channel="email"):
        KindStart.objects.filter(kind=KIND).delete()
        return 0
    start, _ = KindStart.objects.get_or_create(kind=KIND, defaults={"since": now})
    since = max(start.since, now - NEVER_AFTER)
    left = _left(since=since, until=now - settings.CART_REMINDER_AFTER)
    carts = list(left.order_by("changed_at", "pk").values_list("pk", flat=True)[:REMINDED_AT_ONCE])
    return sum(_remind(cart_id, now=now) for cart_id in carts)


def forget_reminders(*, now: datetime) -> int:
    """Delete reminders that are older than KEPT_FOR; return how many."""
    return CartReminder.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]


def left_items(reminder_ids: Collection[int]) -> Sequence[CartItem]:
    """Return the lines of the reminded carts that are as they were, of customers who still consent."""
    reminders = CartReminder.objects.filter(pk__in=reminder_ids, user=OuterRef("cart__user"))
    items = CartItem.objects.filter(
        Exists(reminders.filter(changed_at=OuterRef("cart__changed_at"))),
        cart__user__marketing_consent=True,
        variant__product__deleted_at=None,
    )
    ordered = Order.objects.filter(user=OuterRef("cart__user"), placed_at__gte=OuterRef("cart__changed_at"))
    return list(items.exclude(Exists(ordered)).select_related("variant__product").order_by("pk"))


def _left(*, since: datetime, until: datetime) -> QuerySet[Cart]:
    items = CartItem.objects.filter(cart=OuterRef("pk"))
    reminders = CartReminder.objects.filter(user=OuterRef("cart__user"), last_item_id__gte=OuterRef("pk"))
    old = items.filter(Exists(reminders))
    unwanted = Unsubscription.objects.filter(user=OuterRef("user"), kind=KIND, channel="email")
    ordered = Order.objects.filter(user=OuterRef("user"), placed_at__gte=OuterRef("changed_at"))
    carts = Cart.objects.filter(
        changed_at__gte=since,
        changed_at__lte=until,
        user__is_active=True,
        user__marketing_consent=True,
        user__email_verified_at__isnull=False,
    )
    return carts.filter(Exists(items)).exclude(Exists(old)).exclude(Exists(unwanted)).exclude(Exists(ordered))


def _remind(cart_id: int, *, now: datetime) -> bool:
    """Store and publish the reminder, unless the cart was changed meanwhile; return whether it was stored."""
    with transaction.atomic():
        cart = Cart.objects.select_for_update(no_key=True).filter(pk=cart_id).first()
        if cart is None or cart.user_id is None:
            return False
        if not _left(since=cart.changed_at, until=cart.changed_at).filter(pk=cart_id).exists():
            return False
        last_item_id = cart.items.aggregate(last=Max("pk"))["last"]
        reminder = CartReminder.objects.create(
            user_id=cart.user_id, changed_at=cart.changed_at, last_item_id=last_item_id, created_at=now
        )
        publish(Topic.CART_LEFT, reminder.pk)
    return True
