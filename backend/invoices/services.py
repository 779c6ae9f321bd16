"""Issues invoices and credit notes."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.services import entry_of
from backend.invoices.amounts import Draft, drafts_of
from backend.invoices.contents import content_of, local_day
from backend.invoices.models import Invoice, InvoicedMovement, InvoiceKind
from backend.invoices.numbering import Number, Numbers
from backend.invoices.selectors import OrderRows, order_rows, orders_without_documents

ORDERS_AT_ONCE = 100
"""The maximum number of orders in one transaction, because other issuing processes wait until it ends."""


def issue(order_ids: Collection[int], *, by: Actor, now: datetime) -> int:
    """Issue the invoices and credit notes that the orders lack; return how many.

    The documents of ORDERS_AT_ONCE orders are issued in one transaction. A repetition issues nothing.
    """
    return sum(_issue(part, by=by, now=now) for part in _parts(sorted(set(order_ids))))


def issue_missing(*, by: Actor, now: datetime) -> Iterator[int]:
    """Issue what all orders lack, oldest first; yield how many documents each transaction issued."""
    for part in _parts(list(orders_without_documents())):
        yield _issue(part, by=by, now=now)


def _parts(order_ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(order_ids), ORDERS_AT_ONCE):
        yield order_ids[start : start + ORDERS_AT_ONCE]


def _issue(order_ids: Collection[int], *, by: Actor, now: datetime) -> int:
    # Most changes to orders need no document, so they must not wait for the lock.
    if not orders_without_documents(order_ids).exists():
        return 0
    with transaction.atomic():
        numbers = Numbers.locked(local_day(now))
        # Read again: another process may have issued the documents before it released the lock.
        missing = list(orders_without_documents(order_ids))
        documents = _Documents(numbers=numbers, by=by, now=now)
        for rows in order_rows(missing):
            documents.add(rows)
        documents.store()
    return documents.count


class _Documents:
    """New documents, which are stored together."""

    def __init__(self, *, numbers: Numbers, by: Actor, now: datetime) -> None:
        self._numbers, self._by, self._now = numbers, by, now
        self._invoices: list[Invoice] = []
        self._movements: list[InvoicedMovement] = []

    @property
    def count(self) -> int:
        return len(self._invoices)

    def add(self, rows: OrderRows) -> None:
        """Number the documents that the order lacks."""
        invoice = rows.invoice
        for draft in drafts_of(rows.order, movements=rows.movements, covered=rows.covered):
            document = self._numbered(draft, number=self._numbers.next(draft.kind), invoice=invoice)
            if draft.kind == InvoiceKind.INVOICE:
                invoice = document
            self._invoices.append(document)
            self._movements += [InvoicedMovement(movement=row, invoice=document) for row in draft.movements]

    def _numbered(self, draft: Draft, *, number: Number, invoice: Invoice | None) -> Invoice:
        return Invoice(
            number=number.text,
            series=number.series,
            number_in_series=number.in_series,
            kind=draft.kind,
            order=draft.order,
            invoice=None if draft.kind == InvoiceKind.INVOICE else invoice,
            currency=draft.order.currency,
            net_amount=draft.net,
            tax_amount=draft.tax,
            total_amount=draft.total,
            issued_on=number.issued_on,
            issued_at=self._now,
            content=content_of(draft),
        )

    def store(self) -> None:
        """Insert the documents, invoices before the credit notes that name them."""
        if not self._invoices:
            return
        for kind in (InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE):
            Invoice.objects.bulk_create(row for row in self._invoices if row.kind == kind)
        InvoicedMovement.objects.bulk_create(self._movements)
        AuditEntry.objects.bulk_create(
            entry_of("invoices.issued", by=self._by, subject=row) for row in self._invoices
        )
        self._numbers.store()
