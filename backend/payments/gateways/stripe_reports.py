"""Converts Stripe's objects and webhook events to reports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.payments.gateways.protocol import Report
from backend.payments.gateways.stripe_amounts import from_stripe
from backend.payments.models import EventKind


def reports_of_intent(intent: Mapping[str, Any], *, occurred_at: datetime) -> list[Report]:
    """Return the reports of a PaymentIntent's state."""
    match intent["status"]:
        case "requires_capture":
            amount = _amount(intent, "amount_capturable")
            return [_of_intent(intent, EventKind.AUTHORISED, amount=amount, occurred_at=occurred_at)]
        case "succeeded":
            captured = _amount(intent, "amount_received")
            reports = [_of_intent(intent, EventKind.CAPTURED, amount=captured, occurred_at=occurred_at)]
            if (rest := _amount(intent, "amount") - captured) > 0:
                reports.append(_of_intent(intent, EventKind.VOIDED, amount=rest, occurred_at=occurred_at))
            return reports
        case "canceled":
            return [_of_intent(intent, EventKind.VOIDED, amount=None, occurred_at=occurred_at)]
        case _:
            return []


def reports_of_event(event: Mapping[str, Any]) -> list[Report]:
    """Return what a webhook event says; nothing for events that don't concern payments."""
    subject, occurred_at = event["data"]["object"], datetime.fromtimestamp(event["created"], UTC)
    match event["type"]:
        case (
            "payment_intent.amount_capturable_updated"
            | "payment_intent.succeeded"
            | "payment_intent.canceled"
        ):
            return reports_of_intent(subject, occurred_at=occurred_at)
        case "payment_intent.payment_failed":
            return [_declined(subject, reference=event["id"], occurred_at=occurred_at)]
        case "refund.created" | "refund.updated" | "refund.failed":
            return reports_of_refund(subject, occurred_at=occurred_at)
        case "charge.dispute.created":
            return [_of_charge(subject, EventKind.DISPUTED, occurred_at=occurred_at)]
        case _:
            return []


def reports_of_refund(refund: Mapping[str, Any], *, occurred_at: datetime) -> list[Report]:
    """Return the reports of a refund's state; none while it is pending."""
    match refund["status"]:
        case "succeeded":
            return [_of_charge(refund, EventKind.REFUNDED, occurred_at=occurred_at)]
        case "failed" | "canceled":
            return [_of_charge(refund, EventKind.REFUND_FAILED, occurred_at=occurred_at)]
        case _:
            return []


def _declined(intent: Mapping[str, Any], *, reference: str, occurred_at: datetime) -> Report:
    reason = (intent.get("last_payment_error") or {}).get("message") or ""
    return _of_intent(
        intent,
        EventKind.DECLINED,
        amount=_amount(intent, "amount"),
        occurred_at=occurred_at,
        reference=reference,
        message=reason,
    )


def _of_intent(
    intent: Mapping[str, Any],
    kind: EventKind,
    *,
    amount: Decimal | None,
    occurred_at: datetime,
    reference: str = "",
    message: str = "",
) -> Report:
    return Report(
        kind=kind,
        amount=amount,
        currency=intent["currency"].upper(),
        reference=reference or intent["id"],
        occurred_at=occurred_at,
        payment_id=_id_in(intent, "payment_id"),
        payment_reference=intent["id"],
        message=message,
    )


def _of_charge(subject: Mapping[str, Any], kind: EventKind, *, occurred_at: datetime) -> Report:
    """Return the report of a refund or dispute, which names the PaymentIntent and has an amount."""
    return Report(
        kind=kind,
        amount=_amount(subject, "amount"),
        currency=subject["currency"].upper(),
        reference=subject["id"],
        occurred_at=occurred_at,
        payment_id=_id_in(subject, "payment_id"),
        payment_reference=subject.get("payment_intent") or "",
        request_id=_id_in(subject, "request_id"),
        message=subject.get("failure_reason") or subject.get("reason") or "",
    )


def _amount(subject: Mapping[str, Any], name: str) -> Decimal:
    return from_stripe(subject[name], currency=subject["currency"].upper())


def _id_in(subject: Mapping[str, Any], name: str) -> UUID | None:
    """Return the id in the metadata; None if there is none, or it is not one of ours."""
    try:
        return UUID((subject.get("metadata") or {})[name])
    except (KeyError, ValueError):
        return None
