"""Processes that issue documents at the same time, or are killed meanwhile: no gaps, no duplicates."""

import random
from contextlib import suppress
from functools import partial

import pytest
from django.db import Error, connection
from django.utils import timezone

from backend.invoices.models import Invoice, InvoicedMovement, InvoiceKind
from backend.invoices.selectors import orders_without_documents, series_with_gaps
from backend.invoices.services import issue, issue_missing
from backend.invoices.subscribers import InvoiceIssuing
from backend.orders.cancellation import cancel_units
from backend.orders.models import Movement
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.invoices.orders import BY, confirmed_orders
from tests.backend.shop import NOW
from tests.backend.together import Killed, killed_at, together

pytestmark = pytest.mark.django_db(transaction=True)


def require_complete(*, invoices: int, credit_notes: int = 0) -> None:
    """Check that every movement is covered once, and that the numbers have neither gaps nor duplicates."""
    for kind, prefix, number in (
        (InvoiceKind.INVOICE, "INV", invoices),
        (InvoiceKind.CREDIT_NOTE, "CN", credit_notes),
    ):
        found = sorted(Invoice.objects.filter(kind=kind).values_list("number", flat=True))
        assert found == [f"{prefix}-2026-{index:06d}" for index in range(1, number + 1)]
    assert Invoice.objects.filter(kind=InvoiceKind.INVOICE).values("order").distinct().count() == invoices
    assert InvoicedMovement.objects.count() == Movement.objects.count()
    assert not orders_without_documents().exists()
    assert series_with_gaps() == []


def test_invoices_of_1000_orders_made_at_once_have_no_gap_and_no_double() -> None:
    orders = confirmed_orders(1_000)

    def relay(seed: int) -> None:
        mine = random.Random(seed).sample(orders, len(orders))
        subscriber = InvoiceIssuing(clock=lambda: NOW)
        for start in range(0, len(mine), subscriber.batch_size):
            batch = mine[start : start + subscriber.batch_size]
            subscriber.handle([Notice(Topic.ORDER, str(order_id)) for order_id in batch])

    outcomes = together(
        *[partial(relay, seed) for seed in range(4)], lambda: list(issue_missing(by=BY, now=NOW))
    )

    assert outcomes[:4] == [None] * 4
    require_complete(invoices=1_000)


def test_orders_that_are_cancelled_meanwhile_get_both_documents() -> None:
    orders = confirmed_orders(12)

    def cancelling() -> None:
        for order_id in orders:
            cancel_units(order_id, by=BY, now=timezone.now())

    def issuing() -> None:
        for _ in range(12):
            issue(orders, by=BY, now=NOW)

    assert together(cancelling, issuing, issuing) == [None] * 3
    issue(orders, by=BY, now=NOW)

    require_complete(invoices=12, credit_notes=12)


def test_a_process_killed_at_any_statement_leaves_no_gap_and_the_next_one_issues_the_rest() -> None:
    orders = confirmed_orders(3)
    cancel_units(orders[0], by=BY, now=NOW)
    kills = 0

    while orders_without_documents().exists():
        kills += 1
        # Ending a transaction whose connection is gone fails, too.
        with suppress(Killed, Error), connection.execute_wrapper(killed_at(kills)):
            issue(orders, by=BY, now=NOW)
        connection.close()
        assert series_with_gaps() == []

    assert kills > 10
    require_complete(invoices=3, credit_notes=1)
