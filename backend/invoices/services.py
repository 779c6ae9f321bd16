"""Issues invoices and credit notes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.services import entry_of
from backend.invoices.amounts import Draft, drafts_of
from backend.invoices.contents import content_of, local_day
from backend.invoices.models import Invoice, InvoicedMovement, InvoiceKind
from backend.invoices.numbering import Number, Numbers
from backend.invoices.selectors import OrderRows, order_rows, orders_without_documents

logger = structlog.get_logger(__name__)

ORDERS_AT_ONCE = 100
"""The maximum number of orders in one transaction, because other issuing processes wait until it ends."""


@dataclass(frozen=True, slots=True)
class Issued:
    """How many documents were issued, and the ids of the orders whose documents could not be drafted."""

    documents: int = 0
    failed_orders: tuple[int, ...] = ()

    def __add__(self, other: "Issued") -> "Issued":
        """Return the sum of both."""
        return Issued(self.documents + other.documents, self.failed_orders + other.failed_orders)


def issue(order_ids: Collection[int], *, by: Actor, now: datetime) -> Issued:
    """Issue the invoices and credit notes that the orders lack.

    The documents of ORDERS_AT_ONCE orders are issued in one transaction. A repetition issues nothing. An
    order whose rows contradict each other gets no document and an error in the log; it delays no others.
    """
    parts = _parts(sorted(set(order_ids)))
    return sum((_issue(part, by=by, now=now) for part in parts), Issued())


def issue_missing(*, by: Actor, now: datetime) -> Iterator[Issued]:
    """Issue what all orders lack, oldest first; yield what each transaction issued."""
    for part in _parts(list(orders_without_documents())):
        yield _issue(part, by=by, now=now)


def _parts(order_ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(order_ids), ORDERS_AT_ONCE):
        yield order_ids[start : start + ORDERS_AT_ONCE]


def _issue(order_ids: Collection[int], *, by: Actor, now: datetime) -> Issued:
    # Most changes to orders need no document, so they must not wait for the lock.
    if not orders_without_documents(order_ids).exists():
        return Issued()
    failed = []
    with transaction.atomic():
        numbers = Numbers.locked(local_day(now))
        # Read again: another process may have issued the documents before it released the lock.
        missing = list(orders_without_documents(order_ids))
        documents = _Documents(numbers=numbers, by=by, now=now)
        for rows in order_rows(missing):
            # All documents of an order are drafted before the first is numbered, so a failure leaves no gap.
            try:
                drafts = _drafts(rows)
            except Exception:
                logger.exception("order_not_invoiced", order_id=rows.order.pk)
                failed.append(rows.order.pk)
            else:
                documents.add(drafts, invoice=rows.invoice)
        documents.store()
    return Issued(documents.count, tuple(failed))


def _drafts(rows: OrderRows) -> list[tuple[Draft, dict[str, Any]]]:
    drafts = drafts_of(rows.order, movements=rows.movements, covered=rows.covered)
    return [(draft, content_of(draft)) for draft in drafts]


class _Documents:
    """New documents, which are stored together."""

    def __init__(self, *, numbers: Numbers, by: Actor, now: datetime) -> None:
        self._numbers, self._by, self._now = numbers, by, now
        self._invoices: list[Invoice] = []
        self._movements: list[InvoicedMovement] = []

    @property
    def count(self) -> int:
        return len(self._invoices)

    def add(self, drafts: Sequence[tuple[Draft, dict[str, Any]]], *, invoice: Invoice | None) -> None:
        """Number the drafts of an order, which may have an invoice already."""
        for draft, content in drafts:
            number = self._numbers.next(draft.kind)
            document = self._numbered(draft, content=content, number=number, invoice=invoice)
            if draft.kind == InvoiceKind.INVOICE:
                invoice = document
            self._invoices.append(document)
            self._movements += [InvoicedMovement(movement=row, invoice=document) for row in draft.movements]

    def _numbered(
        self, draft: Draft, *, content: dict[str, Any], number: Number, invoice: Invoice | None
    ) -> Invoice:
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
            content=content,
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
