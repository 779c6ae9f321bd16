"""Converts PayPal's objects and webhook events to reports."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.payments.gateways.protocol import Report
from backend.payments.models import EventKind

_OF_CAPTURE = {"COMPLETED": EventKind.CAPTURED, "DECLINED": EventKind.DECLINED, "FAILED": EventKind.DECLINED}
_OF_AUTHORISATION = {
    "CREATED": EventKind.AUTHORISED,
    "DENIED": EventKind.DECLINED,
    "VOIDED": EventKind.VOIDED,
}
_OF_REFUND = {
    "COMPLETED": EventKind.REFUNDED,
    "FAILED": EventKind.REFUND_FAILED,
    "CANCELLED": EventKind.REFUND_FAILED,
}
_OF_EVENT = {
    "PAYMENT.AUTHORIZATION.CREATED": EventKind.AUTHORISED,
    "PAYMENT.AUTHORIZATION.VOIDED": EventKind.VOIDED,
    "PAYMENT.CAPTURE.COMPLETED": EventKind.CAPTURED,
    "PAYMENT.CAPTURE.DENIED": EventKind.DECLINED,
    "PAYMENT.CAPTURE.DECLINED": EventKind.DECLINED,
    "PAYMENT.CAPTURE.REVERSED": EventKind.DISPUTED,
    "PAYMENT.CAPTURE.REFUNDED": EventKind.REFUNDED,
    "PAYMENT.REFUND.FAILED": EventKind.REFUND_FAILED,
}
_REFUNDS = (EventKind.REFUNDED, EventKind.REFUND_FAILED)


def of_order(order: Mapping[str, Any], *, occurred_at: datetime) -> Iterator[Report]:
    """Yield the reports of an order's captures and authorisations."""
    for unit in order.get("purchase_units", []):
        payments = unit.get("payments", {})
        for capture in payments.get("captures", []):
            yield from of_capture(capture, occurred_at=occurred_at)
        for authorisation in payments.get("authorizations", []):
            yield from _of_state(authorisation, _OF_AUTHORISATION, occurred_at=occurred_at)


def of_capture(capture: Mapping[str, Any], *, occurred_at: datetime) -> Iterator[Report]:
    """Yield the report of a capture's status; nothing while it is pending."""
    yield from _of_state(capture, _OF_CAPTURE, occurred_at=occurred_at)


def of_refund(refund: Mapping[str, Any], *, occurred_at: datetime) -> Iterator[Report]:
    """Yield the report of a refund's status; nothing while it is pending."""
    yield from _of_state(refund, _OF_REFUND, occurred_at=occurred_at)


def of_event(event: Mapping[str, Any]) -> Iterator[Report]:
    """Yield the report of a webhook event; nothing for events that don't concern payments."""
    subject, occurred_at = event["resource"], datetime.fromisoformat(event["create_time"])
    if occurred_at.tzinfo is None:
        raise ValueError("the time has no time zone")
    if event["event_type"] == "CHECKOUT.ORDER.APPROVED":
        unit = subject["purchase_units"][0]
        yield Report(
            kind=EventKind.APPROVED,
            amount=Decimal(unit["amount"]["value"]),
            currency=unit["amount"]["currency_code"],
            # A customer whose card is declined approves the same order again.
            reference=event["id"],
            occurred_at=occurred_at,
            payment_id=_uuid(unit.get("custom_id")),
            payment_reference=subject["id"],
        )
    elif (kind := _OF_EVENT.get(event["event_type"])) is not None:
        if kind == EventKind.DECLINED and _related(subject, "authorization_id"):
            kind = EventKind.CAPTURE_FAILED
        yield _report(subject, kind, occurred_at=occurred_at)


def _of_state(
    subject: Mapping[str, Any], kinds: Mapping[str, EventKind], *, occurred_at: datetime
) -> Iterator[Report]:
    if (kind := kinds.get(subject["status"])) is not None:
        yield _report(subject, kind, occurred_at=occurred_at)


def _report(subject: Mapping[str, Any], kind: EventKind, *, occurred_at: datetime) -> Report:
    custom_id = _uuid(subject.get("custom_id"))
    is_refund = kind in _REFUNDS
    return Report(
        kind=kind,
        # What an authorisation's void releases depends on what was captured before.
        amount=None if kind == EventKind.VOIDED else Decimal(subject["amount"]["value"]),
        currency=subject["amount"]["currency_code"],
        reference=subject["id"],
        occurred_at=occurred_at,
        payment_id=None if is_refund else custom_id,
        payment_reference=_related(subject, "order_id"),
        request_id=custom_id if is_refund else None,
        related_reference=_capture_of(subject) if is_refund else "",
        message=(subject.get("status_details") or {}).get("reason", ""),
    )


def _related(subject: Mapping[str, Any], name: str) -> str:
    ids = (subject.get("supplementary_data") or {}).get("related_ids") or {}
    return str(ids.get(name) or "")


def _capture_of(refund: Mapping[str, Any]) -> str:
    """Return the id of the capture that a refund was taken from."""
    for link in refund.get("links", []):
        if link.get("rel") == "up":
            return str(link["href"]).rstrip("/").rpartition("/")[2]
    return ""


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
