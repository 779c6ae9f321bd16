"""Buyers on documents that no longer have to be kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.invoices.models import Invoice
from backend.invoices.rendering import invoice_html
from backend.invoices.retention import NO_BUYER, empty_buyers
from backend.invoices.services import issue
from tests.backend.invoices.orders import BY
from tests.backend.orders.steps import order_of
from tests.backend.shop import customer, variant

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def issued(*, days_ago: int) -> Invoice:
    user = customer(first_name="Zebedee", last_name="Quartermaine")
    order = order_of(user, {variant().pk: 1})
    issue([order.pk], by=BY, now=NOW - timedelta(days=days_ago))
    return Invoice.objects.get(order=order)


def test_buyers_are_emptied_after_the_retention_and_amounts_stay(settings: Any) -> None:
    settings.INVOICE_RETENTION = timedelta(days=1_000)
    old, recent = issued(days_ago=1_002), issued(days_ago=998)

    assert (empty_buyers(now=NOW), empty_buyers(now=NOW)) == (1, 0)

    emptied = Invoice.objects.get(pk=old.pk)
    assert emptied.content == {**old.content, "buyer": NO_BUYER, "ship_to": []}
    assert "Quartermaine" not in invoice_html(emptied)
    assert Invoice.objects.get(pk=recent.pk).content == recent.content


@pytest.mark.parametrize(
    ("days_ago", "content", "columns"),
    [
        (300, {"buyer": NO_BUYER, "ship_to": []}, {}),
        (500, {"buyer": {**NO_BUYER, "name": "Another"}, "ship_to": []}, {}),
        (500, {"buyer": NO_BUYER, "ship_to": [], "total_amount": "1.00"}, {}),
        (500, {"buyer": NO_BUYER, "ship_to": []}, {"number": "INV-2020-000001"}),
    ],
)
def test_the_database_refuses_any_other_change(
    days_ago: int, content: dict[str, Any], columns: dict[str, Any]
) -> None:
    row = issued(days_ago=days_ago)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Invoice.objects.filter(pk=row.pk).update(content={**row.content, **content}, **columns)
