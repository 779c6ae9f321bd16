"""Sends the deliveries that are due.

A delivery is claimed (committed as SENDING) before the connection is made, and its outcome is committed
afterwards; no transaction is open meanwhile. A claim that is older than CLAIM_LASTS is of a process that was
killed: the delivery becomes due again. docs/decisions/webhooks.md explains the limits.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.webhooks.client import Response
from backend.webhooks.documents import body_of
from backend.webhooks.errors import NotSent
from backend.webhooks.models import (
    UNFINISHED,
    DeliveryAttempt,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
)
from backend.webhooks.signatures import SigningKeyMissing, signed_headers

logger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]


class Posts(Protocol):
    """What sends a request; see `Client`."""

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send the request; raises NotSent."""


PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The pauses after failed attempts; the last one is repeated."""
JITTER = 0.2
GIVE_UP_AFTER = timedelta(days=3)
PAUSE_ENDPOINT_AFTER = timedelta(days=3)
CLAIM_LASTS = timedelta(minutes=1)
MOST_AT_ONCE = 4
SLOW_MS = 2_000
TOLERATED_FAILURES = 3
LONGEST_ENDPOINT_PAUSE = timedelta(minutes=5)
LONGEST_REQUESTED_PAUSE = timedelta(days=1)
LONGEST_REQUESTED_ENDPOINT_PAUSE = timedelta(hours=1)
LONGEST_REASON = 300
ENDPOINTS_AT_ONCE = 50

USER_AGENT = "Vitrine-Webhooks/1"
SENDER = Actor.system("webhooks")

_CAREFUL = Q(failures__gt=0) | Q(last_duration_ms=None) | Q(last_duration_ms__gt=SLOW_MS)
"""Endpoints with one request at a time: failing, not known yet, or slow."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends deliveries, one with each call; `threads` is how many threads of all processes call it."""

    clock: Clock
    client: Posts
    threads: int
    rng: random.Random = field(default_factory=random.Random)

    def claim(self) -> WebhookDelivery | None:
        """Claim the next delivery; None if none may be sent now."""
        now = self.clock()
        for endpoint_id in _candidates(now).values_list("pk", flat=True)[:ENDPOINTS_AT_ONCE]:
            if (delivery := self._claim_of(endpoint_id, now=now)) is not None:
                return delivery
        return None

    def _claim_of(self, endpoint_id: int, *, now: datetime) -> WebhookDelivery | None:
        with transaction.atomic():
            # Locked, so that the limit holds across processes.
            endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint_id).first()
            if endpoint is None or not _candidates(now).filter(pk=endpoint_id).exists():
                return None
            if not self._has_room(endpoint):
                return None
            delivery = _due_of(now).filter(endpoint=endpoint).order_by("due_at", "event_id").first()
            if delivery is None:
                return None
            delivery.claimed_at, delivery.endpoint = now, endpoint
            delivery.state = WebhookDeliveryState.SENDING
            delivery.save(update_fields=["claimed_at", "state"])
            WebhookEndpoint.objects.filter(pk=endpoint_id).update(last_claimed_at=now)
        return delivery

    def _has_room(self, endpoint: WebhookEndpoint) -> bool:
        sending = WebhookDelivery.objects.filter(state=WebhookDeliveryState.SENDING)
        if not WebhookEndpoint.objects.filter(_CAREFUL, pk=endpoint.pk).exists():
            return sending.filter(endpoint=endpoint).count() < MOST_AT_ONCE
        if sending.filter(endpoint=endpoint).exists():
            return False
        careful = WebhookEndpoint.objects.filter(_CAREFUL)
        return sending.filter(endpoint__in=careful).count() < max(1, self.threads // 2)

    def send(self, delivery: WebhookDelivery) -> bool:
        """Send a claimed delivery and store the outcome; return whether it was acknowledged."""
        started_at, begun = self.clock(), time.monotonic()
        response, error = self._exchange(delivery, now=started_at)
        attempt = DeliveryAttempt(
            delivery=delivery,
            started_at=started_at,
            duration_ms=int((time.monotonic() - begun) * 1_000),
            status=None if response is None else response.status,
            error=_storable(error)[:LONGEST_REASON],
            response_body="" if response is None else _text(response.body),
        )
        return self._finish(delivery, attempt=attempt, response=response, now=self.clock())

    def _exchange(self, delivery: WebhookDelivery, *, now: datetime) -> tuple[Response | None, str]:
        endpoint, event = delivery.endpoint, delivery.event
        body = body_of(event)
        try:
            headers = {
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                **signed_headers(endpoint, webhook_id=event.webhook_id, body=body, now=now),
            }
            response = self.client.post(endpoint.url, body=body, headers=headers)
        except (NotSent, SigningKeyMissing) as error:
            return None, str(error)
        return response, "" if _acknowledges(response) else f"The receiver answered {response.status}."

    def _finish(
        self,
        delivery: WebhookDelivery,
        *,
        attempt: DeliveryAttempt,
        response: Response | None,
        now: datetime,
    ) -> bool:
        acknowledged = response is not None and _acknowledges(response)
        with transaction.atomic():
            endpoint = (
                WebhookEndpoint.objects.select_for_update(of=("self",))
                .filter(pk=delivery.endpoint_id)
                .first()
            )
            if endpoint is None:
                # It was deleted meanwhile, with its deliveries.
                return acknowledged
            attempt.save(force_insert=True)
            if acknowledged:
                _end(delivery, state=WebhookDeliveryState.DELIVERED, attempt=attempt, now=now)
                _succeeded(endpoint, attempt=attempt, now=now)
            elif response is not None and response.status == HTTPStatus.GONE:
                _end(delivery, state=WebhookDeliveryState.FAILED, attempt=attempt, now=now)
                _gone(endpoint, now=now)
            else:
                requested = _requested_pause(response, now=now)
                self._retry(delivery, attempt=attempt, requested=requested, now=now)
                _failed(endpoint, attempt=attempt, requested=requested, now=now)
        return acknowledged

    def _retry(
        self, delivery: WebhookDelivery, *, attempt: DeliveryAttempt, requested: timedelta, now: datetime
    ) -> None:
        pause = PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
        due_at = now + max(pause * self.rng.uniform(1 - JITTER, 1 + JITTER), requested)
        if due_at > delivery.queued_at + GIVE_UP_AFTER:
            _end(delivery, state=WebhookDeliveryState.FAILED, attempt=attempt, now=now)
            return
        _claimed(delivery).update(
            state=WebhookDeliveryState.PENDING,
            due_at=due_at,
            attempts=F("attempts") + 1,
            claimed_at=None,
            status=attempt.status,
            reason=attempt.error,
        )


def recover(*, now: datetime) -> int:
    """Make the deliveries of killed processes due again, and give up those that are too old.

    Return how many became due.
    """
    lost = WebhookDelivery.objects.filter(
        state=WebhookDeliveryState.SENDING, claimed_at__lt=now - CLAIM_LASTS
    )
    reason = "The worker stopped while it was sending this."
    recovered = lost.update(state=WebhookDeliveryState.PENDING, due_at=now, claimed_at=None, reason=reason)
    if recovered:
        logger.warning("webhook_deliveries_recovered", count=recovered)
    late = WebhookDelivery.objects.filter(
        state=WebhookDeliveryState.PENDING, queued_at__lt=now - GIVE_UP_AFTER
    )
    late.filter(reason="").update(reason="It waited for three days.")
    if given_up := late.update(state=WebhookDeliveryState.FAILED, finished_at=now):
        logger.warning("webhook_deliveries_given_up", count=given_up)
    return recovered


def has_due(*, now: datetime) -> bool:
    """Return whether a delivery may be sent now."""
    return _candidates(now).exists()


def _due_of(now: datetime) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that are due, without those that wait for an earlier one of their object."""
    earlier = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        object=OuterRef("object"),
        event__lt=OuterRef("event"),
        state__in=UNFINISHED,
    )
    rows = WebhookDelivery.objects.filter(~Exists(earlier), state=WebhookDeliveryState.PENDING)
    return rows.filter(due_at__lte=now).select_related("event")


def _candidates(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints with a delivery that is due, the one that was served longest ago first."""
    due = _due_of(now).filter(endpoint=OuterRef("pk"))
    ready = Q(not_before=None) | Q(not_before__lte=now)
    active_owner = Q(seller=None) | Q(seller__is_active=True)
    rows = WebhookEndpoint.objects.filter(ready, active_owner, Exists(due), state=EndpointState.ACTIVE)
    return rows.order_by(F("last_claimed_at").asc(nulls_first=True), "pk")


def _claimed(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """Return the row if it is still claimed by this process."""
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, state=WebhookDeliveryState.SENDING, claimed_at=delivery.claimed_at
    )


def _end(
    delivery: WebhookDelivery, *, state: WebhookDeliveryState, attempt: DeliveryAttempt, now: datetime
) -> None:
    _claimed(delivery).update(
        state=state,
        attempts=F("attempts") + 1,
        finished_at=now,
        status=attempt.status,
        reason=attempt.error,
    )


def _succeeded(endpoint: WebhookEndpoint, *, attempt: DeliveryAttempt, now: datetime) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.not_before = 0, None, None
    endpoint.last_succeeded_at, endpoint.last_duration_ms = now, attempt.duration_ms
    endpoint.save(
        update_fields=[
            "failures",
            "failing_since",
            "not_before",
            "last_succeeded_at",
            "last_duration_ms",
        ]
    )


def _failed(
    endpoint: WebhookEndpoint, *, attempt: DeliveryAttempt, requested: timedelta, now: datetime
) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.last_duration_ms = attempt.duration_ms
    exponent = min(endpoint.failures - TOLERATED_FAILURES, 20)
    own = timedelta(seconds=2**exponent) if exponent > 0 else timedelta(0)
    pause = max(min(own, LONGEST_ENDPOINT_PAUSE), min(requested, LONGEST_REQUESTED_ENDPOINT_PAUSE))
    endpoint.not_before = now + pause if pause else None
    if endpoint.failing_since <= now - PAUSE_ENDPOINT_AFTER and endpoint.state == EndpointState.ACTIVE:
        _change_state(
            endpoint,
            EndpointState.PAUSED,
            reason=f"Every request failed for three days; the last one: {attempt.error}",
        )
    endpoint.save(
        update_fields=[
            "failures",
            "failing_since",
            "last_duration_ms",
            "not_before",
            "state",
            "state_reason",
        ]
    )


def _gone(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    reason = "The receiver answered 410 Gone."
    _change_state(endpoint, EndpointState.GONE, reason=reason)
    endpoint.save(update_fields=["state", "state_reason"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDeliveryState.PENDING)
    waiting.update(state=WebhookDeliveryState.FAILED, finished_at=now, reason=reason)


def _change_state(endpoint: WebhookEndpoint, state: EndpointState, *, reason: str) -> None:
    before = endpoint.state
    endpoint.state, endpoint.state_reason = state, reason[:LONGEST_REASON]
    record(
        "webhooks.endpoint_stopped",
        by=SENDER,
        subject=endpoint,
        changes={"state": (before, state), "reason": ("", endpoint.state_reason)},
    )
    logger.warning("webhook_endpoint_stopped", endpoint=endpoint.pk, state=state, reason=reason)


def _acknowledges(response: Response) -> bool:
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def _requested_pause(response: Response | None, *, now: datetime) -> timedelta:
    asking = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    if response is None or response.status not in asking:
        return timedelta(0)
    text = response.retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        pause = timedelta(seconds=int(text))
    else:
        try:
            moment = parsedate_to_datetime(text)
            pause = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return timedelta(0)
    return min(max(pause, timedelta(0)), LONGEST_REQUESTED_PAUSE)


def _text(body: bytes) -> str:
    return _storable(body.decode(errors="replace"))


def _storable(text: str) -> str:
    # PostgreSQL stores no zero bytes in texts.
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
