"""Receives the webhooks of payment gateways."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from backend.payments.errors import (
    InvalidWebhook,
    OutcomeUnknown,
    WebhookNotFound,
    WebhookNotVerifiable,
)
from backend.payments.gateways import webhook_gateway
from backend.payments.gateways.protocol import Report
from backend.payments.metrics import WEBHOOKS
from backend.payments.models import Payment
from backend.payments.recording import locked_payment, record_reports

logger = structlog.get_logger(__name__)


def receive(name: str, *, body: bytes, headers: Mapping[str, str], now: datetime) -> int:
    """Record what the webhook of the gateway `name` reports; return how many events are new.

    A report about a payment that the shop doesn't know is logged: an account at a gateway may serve several
    shops, and a gateway repeats for days what is not accepted.

    Raises:
        WebhookNotFound: the shop neither offers the gateway nor has its webhook secret.
        InvalidWebhook: the signature is invalid, or the body can't be read.
        WebhookNotVerifiable: the signature can't be checked at the moment.
    """
    sender = webhook_gateway(name)
    if sender is None:
        raise WebhookNotFound(gateway=name)
    try:
        reports = sender.read_webhook(body, headers=headers, now=now)
    except InvalidWebhook:
        WEBHOOKS.labels(name, "invalid").inc()
        raise
    except OutcomeUnknown as error:
        raise WebhookNotVerifiable(reason=error.reason) from error
    added = 0
    for payment_id, of_payment in _by_payment(reports, gateway=name).items():
        if payment_id is None:
            WEBHOOKS.labels(name, "unknown_payment").inc(len(of_payment))
            references = [report.reference for report in of_payment]
            logger.warning("webhook_of_unknown_payment", gateway=name, references=references)
            continue
        with transaction.atomic():
            new = len(record_reports(locked_payment(payment_id), of_payment, now=now))
        WEBHOOKS.labels(name, "recorded").inc(new)
        WEBHOOKS.labels(name, "known").inc(len(of_payment) - new)
        added += new
    return added


def _by_payment(reports: Sequence[Report], *, gateway: str) -> dict[UUID | None, list[Report]]:
    """Return the reports by payment; those of unknown payments have the key None."""
    found: dict[UUID | None, list[Report]] = {}
    for report in reports:
        found.setdefault(_payment_of(report, gateway=gateway), []).append(report)
    return found


def _payment_of(report: Report, *, gateway: str) -> UUID | None:
    """Return the id of the payment, which must belong to the gateway that reports it."""
    rows = Payment.objects.filter(gateway=gateway)
    if report.payment_id is not None:
        return rows.filter(pk=report.payment_id).values_list("pk", flat=True).first()
    if report.payment_reference:
        rows = rows.filter(gateway_reference=report.payment_reference)
    elif report.related_reference:
        rows = rows.filter(events__gateway_reference=report.related_reference)
    elif report.request_id is not None:
        rows = rows.filter(requests__pk=report.request_id)
    else:
        return None
    return rows.values_list("pk", flat=True).first()
