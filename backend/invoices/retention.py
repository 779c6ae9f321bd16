"""Removes buyers from documents that the law no longer requires to be kept."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from backend.invoices.contents import local_day
from backend.invoices.models import Invoice

NO_BUYER = {"name": "", "company": "", "address": [], "vat_number": "", "email": ""}
"""What remains of a buyer. The trigger of the table (migration 0004) allows no other change."""
_ROWS_AT_ONCE = 500


def empty_buyers(*, now: datetime) -> int:
    """Empty the buyers of documents older than INVOICE_RETENTION; return how many documents."""
    last_day: date = local_day(now) - settings.INVOICE_RETENTION
    emptied = 0
    while rows := _with_buyers(issued_before=last_day):
        with transaction.atomic():
            for row in rows:
                content = {**row.content, "buyer": NO_BUYER, "ship_to": []}
                Invoice.objects.filter(pk=row.pk).update(content=content)
        emptied += len(rows)
    return emptied


def _with_buyers(*, issued_before: date) -> list[Invoice]:
    documents = Invoice.objects.filter(issued_on__lt=issued_before).exclude(content__buyer=NO_BUYER)
    return list(documents.only("pk", "content")[:_ROWS_AT_ONCE])
