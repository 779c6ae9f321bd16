"""Endpoints of other systems, the events that they receive, and the log of deliveries.

A delivery is one event for one endpoint:

    PENDING ──claim──▶ SENDING ──2xx──────────────────────────▶ DELIVERED
       ▲                  ├──too late, 410, or discarded───────▶ FAILED
       └──try again later─┘

A claim whose process was killed returns to PENDING. A final state returns to PENDING only by a replay.
docs/decisions/webhooks.md explains the rules.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class EndpointState(models.TextChoices):
    """Whether an endpoint receives events."""

    ACTIVE = "ACTIVE", "receives events"
    PAUSED = "PAUSED", "paused; deliveries wait"
    GONE = "GONE", "answered 410 Gone; receives nothing"


class WebhookEndpoint(models.Model):
    """An address that receives events: the shop's, or a seller's.

    The secret is derived from `nonce` and the signing key with the fingerprint; `previous_nonce` signs too
    until `previous_until`. `failures` counts the failed attempts since the last success; until `not_before`
    nothing is sent.
    """

    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook_endpoints",
    )
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(default=list)
    state = models.CharField(max_length=6, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    state_reason = models.CharField(max_length=300, blank=True)
    nonce = models.CharField(max_length=64)
    key_fingerprint = models.CharField(max_length=16)
    previous_nonce = models.CharField(max_length=64, blank=True)
    previous_key_fingerprint = models.CharField(max_length=16, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    last_claimed_at = models.DateTimeField(null=True, blank=True)
    last_succeeded_at = models.DateTimeField(null=True, blank=True)
    last_duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EndpointState.values), name="webhook_endpoint_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookEvent(models.Model):
    """Something that happened, as the endpoints of a scope receive it: the shop (no seller), or a seller.

    `source` names the row that says what happened; `object` is what the order of events is kept for. The
    primary key is the `sequence` of documents.
    """

    uid = models.UUIDField(unique=True, default=uuid7, editable=False)
    type = models.CharField(max_length=40)
    source = models.CharField(max_length=80)
    object = models.CharField(max_length=80)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    data = models.JSONField()
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "source"], condition=Q(seller=None), name="webhook_event_of_the_shop_once"
            ),
            models.UniqueConstraint(
                fields=["type", "source", "seller"],
                condition=~Q(seller=None),
                name="webhook_event_of_a_seller_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.webhook_id}"

    @property
    def webhook_id(self) -> str:
        """The id by which receivers recognise the event."""
        return f"evt_{self.uid.hex}"


class WebhookDeliveryState(models.TextChoices):
    """The state of a delivery; the module's docstring shows the transitions."""

    PENDING = "PENDING", "waiting to be sent"
    SENDING = "SENDING", "being sent"
    DELIVERED = "DELIVERED", "acknowledged by the receiver"
    FAILED = "FAILED", "given up"


UNFINISHED = (WebhookDeliveryState.PENDING, WebhookDeliveryState.SENDING)


class WebhookDelivery(models.Model):
    """An event for an endpoint.

    `queued_at` is when it was made or last replayed; `due_at` is when it may be sent; `attempts` counts the
    attempts since then. `object` is a copy of the event's.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    object = models.CharField(max_length=80)
    state = models.CharField(
        max_length=9, choices=WebhookDeliveryState.choices, default=WebhookDeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=WebhookDeliveryState.values), name="webhook_delivery_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "object", "event"],
                condition=Q(state__in=UNFINISHED),
                name="webhook_deliveries_unfinished",
            ),
            models.Index(
                fields=["endpoint", "due_at"],
                condition=Q(state=WebhookDeliveryState.PENDING),
                name="webhook_deliveries_due",
            ),
            models.Index(fields=["endpoint", "queued_at"], name="webhook_deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} for endpoint {self.endpoint_id}"


class DeliveryAttempt(models.Model):
    """A request, and the beginning of the response; `status` is null if there was no complete head."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    response_body = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"attempt of delivery {self.delivery_id}: {self.status or self.error}"


class PublishedProduct(models.Model):
    """The hash of what was last published of a product; empty after its deletion was."""

    product = models.OneToOneField(
        "catalog.Product", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    fingerprint = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"product {self.product_id}"
