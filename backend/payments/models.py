"""Payments, their events, and requests to payment gateways.

An event is a fact that a gateway (or, for cash, staff) reported. Events are append-only; the sums and the
status of a payment are derived from all of its events by `backend.payments.state`. A request is a call of a
gateway that has to be made once:

    PENDING ──the gateway did it──────────▶ SUCCEEDED
       │ ▲  ──the gateway will report it──▶ ACCEPTED ──event──▶ SUCCEEDED or FAILED
       │ └──unknown outcome, attempts left
       ├──the gateway refused it──────────▶ FAILED
       └──unknown outcome, no attempts left ──▶ UNRESOLVED ──event or operator──▶ SUCCEEDED or FAILED

Locks are taken in this sequence: order → payment → request.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

# SQLite adds decimals as floats; a real excess is at least 0.0001.
_TOLERANCE = Decimal("0.00005")
OPEN_STATES = ("PENDING", "ACCEPTED", "UNRESOLVED")


class PaymentStatus(models.TextChoices):
    """The status of a payment, derived from its sums and events."""

    PENDING = "PENDING", "to be paid"
    DECLINED = "DECLINED", "declined; the customer may try again until it expires"
    AUTHORISED = "AUTHORISED", "authorised"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED", "captured in part"
    CAPTURED = "CAPTURED", "captured"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED", "refunded in part"
    REFUNDED = "REFUNDED", "refunded"
    VOIDED = "VOIDED", "voided"


class Payment(models.Model):
    """An amount that a customer pays for an order through one gateway.

    `authorised` is what may still be captured. `captured` and `refunded` are totals, so their difference is
    what the shop keeps. `gateway_reference` is the gateway's id of the payment. `client_data` is what a
    storefront needs to let the customer pay; it is emptied when the customer has nothing left to do.
    `options` are documented by each gateway. Card data is never stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_number = models.CharField(max_length=32, db_index=True)
    gateway = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    captures_automatically = models.BooleanField(default=True)
    status = models.CharField(max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.PENDING)
    authorised = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    captured = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    refunded = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    gateway_reference = models.CharField(max_length=255, blank=True)
    client_data = models.JSONField(default=dict, blank=True)
    options = models.JSONField(default=dict, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    needs_attention = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_index=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["gateway", "gateway_reference"], name="payment_by_reference"),
            models.Index(fields=["id"], condition=Q(needs_attention=True), name="payment_needing_attention"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(authorised__gte=0) & Q(captured__gte=0) & Q(refunded__gte=0),
                name="payment_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=F("authorised") + F("captured") - _TOLERANCE),
                name="payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=F("refunded")), name="payment_refunded_within_captured"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for order {self.order_number} by {self.gateway}"


class RequestKind(models.TextChoices):
    """What a gateway is asked to do."""

    AUTHORISE = "AUTHORISE", "begin the payment"
    COMPLETE = "COMPLETE", "authorise or capture what the customer approved"
    CAPTURE = "CAPTURE", "capture"
    VOID = "VOID", "void"
    REFUND = "REFUND", "refund"


class RequestState(models.TextChoices):
    """The state of a request; the module's docstring shows the transitions."""

    PENDING = "PENDING", "to be performed"
    ACCEPTED = "ACCEPTED", "accepted by the gateway, which will report the outcome"
    SUCCEEDED = "SUCCEEDED", "succeeded"
    FAILED = "FAILED", "refused by the gateway"
    UNRESOLVED = "UNRESOLVED", "the outcome is unknown"


class PaymentRequest(models.Model):
    """A call of a gateway. `id` is the idempotency key at the gateway, so that every attempt is one request.

    `target` is the gateway's reference of the capture that is refunded. A process that performs the request
    holds it until `lease_until`. Requests of a payment are performed in the order of their ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=9, choices=RequestKind.choices)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    target = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="PENDING"), name="payment_request_due"
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=OPEN_STATES),
                name="payment_request_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_request_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="PENDING", next_attempt_at__isnull=False)
                | Q(next_attempt_at__isnull=True) & ~Q(state="PENDING"),
                name="payment_request_pending_is_due",
            ),
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(kind__in=["AUTHORISE", "COMPLETE", "VOID"], state__in=OPEN_STATES),
                name="payment_request_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} of payment {self.payment_id}: {self.state}"


class EventKind(models.TextChoices):
    """What happened to a payment."""

    AUTHORISED = "AUTHORISED", "authorised"
    CAPTURED = "CAPTURED", "captured"
    VOIDED = "VOIDED", "an authorisation, or its rest, was released"
    REFUNDED = "REFUNDED", "refunded"
    ACTION_REQUIRED = "ACTION_REQUIRED", "the customer has to act"
    APPROVED = "APPROVED", "the customer approved the payment"
    DECLINED = "DECLINED", "declined"
    CAPTURE_FAILED = "CAPTURE_FAILED", "the capture failed"
    VOID_FAILED = "VOID_FAILED", "the void failed"
    REFUND_FAILED = "REFUND_FAILED", "the refund failed"
    DISPUTED = "DISPUTED", "the customer disputes the payment"


class Problem(models.TextChoices):
    """Why an event contradicts its payment; such an event doesn't change the sums."""

    CURRENCY_DIFFERS = "CURRENCY_DIFFERS", "its currency is not the payment's"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS", "its amount was not requested"
    CONTRADICTS = "CONTRADICTS", "an earlier event with this reference has another amount"


class PaymentEvent(models.Model):
    """Something that happened to a payment. Append-only; its sums and status are derived from all events.

    `gateway_reference` is the gateway's id of the authorisation, capture, refund or attempt. An event that is
    reported twice is stored once. An event with a `problem` is kept for an operator and changes no sum.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="events")
    request = models.ForeignKey(
        PaymentRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    currency = models.CharField(max_length=3)
    gateway_reference = models.CharField(max_length=255)
    problem = models.CharField(max_length=16, choices=Problem.choices, blank=True)
    message = models.CharField(max_length=300, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind", "gateway_reference"],
                condition=Q(problem=""),
                name="payment_event_once",
            ),
            models.UniqueConstraint(
                fields=["payment", "kind", "gateway_reference", "amount", "currency"],
                condition=~Q(problem=""),
                name="payment_event_with_problem_once",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_event_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency} of payment {self.payment_id}"
