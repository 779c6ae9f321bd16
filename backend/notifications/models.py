"""The log of deliveries, and what users don't want to receive.

A delivery is one message of a kind to a user over a channel:

    PENDING ──claim──▶ SENDING ──accepted───────────────────────▶ SENT
       ▲                  ├──refused, too many tries, too late──▶ FAILED
       └──try again later─┤
                          └──unknown whether it was accepted────▶ POSSIBLY_SENT
    PENDING ──no address, or not wanted──▶ SKIPPED

While a delivery is `collecting`, further facts for the same user join it. A final state returns to PENDING
only if staff request to send it again.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.orders.models import Order


class NotificationKind(models.TextChoices):
    """What a message is about; `backend.notifications.kinds` says how each is addressed and rendered."""

    STOCK_ALERT = "stock_alert", "Products of yours that are low on stock or sold out"
    BACK_IN_STOCK = "back_in_stock", "Products that you subscribed to and that are available again"
    ONE_TIME_PASSWORD = "one_time_password", "Codes that you requested"
    EMAIL_VERIFICATION = "email_verification", "Codes that verify your e-mail address"
    SECURITY_NOTICE = "security_notice", "Changes to the security of your account"
    REPORT = "report", "Saved views of the dashboard that you receive regularly"
    LEDGER_FINDING = "ledger_finding", "Orders that the warehouse of the reports has differently"
    ORDER_STEP = "order_step", "Orders of yours that are placed, confirmed, cancelled or delivered"
    SHIPMENT = "shipment", "Parcels of your orders"
    RETURN_STEP = "return_step", "Returns of yours"
    REFUND = "refund", "Refunds to you"
    PAYMENT_FAILED = "payment_failed", "Payments of yours that failed"
    REVIEW_REQUEST = "review_request", "Requests to review what you received"
    CART_LEFT = "cart_left", "Products that you left in your cart"
    PRICE_DROP = "price_drop", "Products of your wish lists that cost less"


OPTIONAL_KINDS = (
    NotificationKind.STOCK_ALERT,
    NotificationKind.BACK_IN_STOCK,
    NotificationKind.REPORT,
    NotificationKind.LEDGER_FINDING,
    NotificationKind.SHIPMENT,
    NotificationKind.RETURN_STEP,
    NotificationKind.REVIEW_REQUEST,
    NotificationKind.CART_LEFT,
    NotificationKind.PRICE_DROP,
)
"""The kinds that users can unsubscribe from."""
GUEST_KINDS = (
    NotificationKind.SHIPMENT,
    NotificationKind.RETURN_STEP,
    NotificationKind.REVIEW_REQUEST,
)
"""The optional kinds that are sent to guests."""
INBOX_KINDS = (
    NotificationKind.STOCK_ALERT,
    NotificationKind.BACK_IN_STOCK,
    NotificationKind.ORDER_STEP,
    NotificationKind.SHIPMENT,
    NotificationKind.RETURN_STEP,
    NotificationKind.REFUND,
    NotificationKind.PAYMENT_FAILED,
    NotificationKind.REVIEW_REQUEST,
)
"""The kinds that are also put into the inbox of the account."""


class DeliveryState(models.TextChoices):
    """The state of a delivery; the module's docstring shows the transitions."""

    PENDING = "PENDING", "waiting to be sent"
    SENDING = "SENDING", "being sent"
    SENT = "SENT", "accepted by the server"
    FAILED = "FAILED", "given up"
    POSSIBLY_SENT = "POSSIBLY_SENT", "unknown whether it was sent"
    SKIPPED = "SKIPPED", "not wanted, or no address"


UNFINISHED_STATES = (DeliveryState.PENDING, DeliveryState.SENDING)


class Delivery(models.Model):
    """A message to a user or to a guest who placed `order`: its state, and what the log keeps about it.

    `queued_at` is when it was made or last requested again; `due_at` is when it may be sent; both are the end
    of the quiet hours for which it waits. `attempts` counts temporary refusals. `message_id` identifies the
    e-mail for the recipient's server; it stays the same when a delivery that was possibly sent is sent again.
    One that is `in_sequence` waits until the earlier ones about its order are finished. The address of a
    guest is in the order alone.
    """

    kind = models.CharField(max_length=32, choices=NotificationKind.choices)
    channel = models.CharField(max_length=16)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="+")
    in_sequence = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=13, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    collecting = models.BooleanField(default=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "channel"],
                condition=Q(collecting=True),
                name="one_collecting_delivery",
            ),
            models.CheckConstraint(
                condition=Q(collecting=False) | Q(state=DeliveryState.PENDING),
                name="collecting_delivery_is_pending",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | Q(order__isnull=False, collecting=False),
                name="delivery_to_a_user_or_about_an_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "due_at"],
                condition=~Q(state__in=[DeliveryState.SENT, DeliveryState.SKIPPED]),
                name="deliveries_not_sent",
            ),
            models.Index(fields=["queued_at"], name="deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, to {self.recipient or 'a guest'}"


class DeliveryFact(models.Model):
    """A fact in a delivery; unique, so that a fact that is received twice is sent once.

    A fact about a guest's order has no recipient.

    `key` is the key of the fact's outbox message; the kind implies its topic.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="facts")
    kind = models.CharField(max_length=32, choices=NotificationKind.choices)
    channel = models.CharField(max_length=16)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key", "recipient", "channel"], name="fact_told_once_to_a_recipient"
            ),
            models.UniqueConstraint(
                fields=["kind", "key", "channel"],
                condition=Q(recipient=None),
                name="fact_told_once_to_a_guest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} in delivery {self.delivery_id}"


class Unsubscription(models.Model):
    """A kind of message that a user doesn't want over a channel."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="unsubscriptions"
    )
    kind = models.CharField(max_length=32, choices=NotificationKind.choices)
    channel = models.CharField(max_length=16, default="email", db_default="email")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"], name="unsubscribed_once_from_a_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} doesn't want {self.kind} by {self.channel}"


class InboxMessage(models.Model):
    """A message in a user's inbox. `message_id` is that of its delivery, so that it is stored once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox")
    message_id = models.CharField(max_length=300, unique=True)
    kind = models.CharField(max_length=32, choices=NotificationKind.choices)
    title = models.CharField(max_length=150)
    url = models.CharField(max_length=2_000, blank=True)
    created_at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="inbox_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="inbox_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, to user {self.user_id}"


class QuietHours(models.Model):
    """The hours of each day, in the user's time zone, in which only urgent messages are sent.

    They pass midnight if they end before they start.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiet_hours"
    )
    starts = models.TimeField()
    ends = models.TimeField()
    time_zone = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(starts=F("ends")), name="quiet_hours_have_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.starts} to {self.ends} in {self.time_zone}, of user {self.user_id}"


class GuestUnsubscription(models.Model):
    """A kind of message that a guest doesn't want; `address_hash` is made by `guests.address_hash`."""

    address_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=32, choices=NotificationKind.choices)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "kind"], name="guest_unsubscribed_once_from_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"a guest doesn't want {self.kind}"


class CartReminder(models.Model):
    """A cart that a customer left behind, as it was at `changed_at`. Append-only.

    `last_item_id` is the highest key of its lines.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cart_reminders"
    )
    changed_at = models.DateTimeField()
    last_item_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"cart of user {self.user_id}, left at {self.changed_at}"


class KindStart(models.Model):
    """When a scheduled kind was switched on; what happened before is not told."""

    kind = models.CharField(primary_key=True, max_length=32, choices=NotificationKind.choices)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} since {self.since}"
