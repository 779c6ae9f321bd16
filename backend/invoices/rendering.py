"""Renders invoices, credit notes and packing slips as HTML pages, for the screen and for paper."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from backend.invoices.contents import local_day, recipient_of, shop_of_record
from backend.invoices.models import Invoice, InvoiceKind
from backend.orders.fulfilment_models import Shipment

UNKNOWN = "–"


def invoice_html(invoice: Invoice, *, nonce: str = "") -> str:
    """Return an invoice or a credit note, from its stored content alone.

    `nonce` is the one that the page's Content-Security-Policy allows; a PDF needs none.
    """
    content = invoice.content
    is_credit_note = invoice.kind == InvoiceKind.CREDIT_NOTE
    return _page(
        "invoices/invoice.html",
        nonce=nonce,
        title="Credit note" if is_credit_note else "Invoice",
        number=invoice.number,
        shop=content["shop"],
        content=content,
        facts=_invoice_facts(invoice),
        total_label="Total credit" if is_credit_note else "Total",
        has_discounts=any(Decimal(line["discount_amount"]) for line in content["lines"]),
        lines=[_shown_goods(line) for line in content["lines"]],
        extras=[_shown(line) for line in content["extras"]],
        taxes=[_shown(row) for row in content["taxes"]],
        amounts=_shown(content),
    )


def _invoice_facts(invoice: Invoice) -> list[tuple[str, str]]:
    """Return the facts in the head of the document, with their labels."""
    content, is_invoice = invoice.content, invoice.kind == InvoiceKind.INVOICE
    facts = [("Date", _written_day(invoice.issued_on))]
    if invoice.invoice is not None:
        facts += [
            ("For invoice", invoice.invoice.number),
            ("Invoice date", _written_day(invoice.invoice.issued_on)),
        ]
    facts += [
        ("Order", content["order_number"]),
        ("Order date", _written_day(date.fromisoformat(content["placed_on"]))),
    ]
    if content["supplied_on"]:
        label = "Date of supply" if is_invoice else "Effective"
        facts.append((label, _written_day(date.fromisoformat(content["supplied_on"]))))
    elif is_invoice:
        facts.append(("Date of supply", "see packing slips"))
    if is_invoice:
        facts.append(("Payment", content["payment_method"].capitalize()))
    return facts


def packing_slip_html(shipment: Shipment, *, nonce: str = "") -> str:
    """Return the packing slip of a parcel, without prices (queries its items, unless they are prefetched)."""
    order = shipment.order
    facts = [
        ("Order", order.order_number),
        ("Order date", _written_day(local_day(order.placed_at))),
        ("Shipped", _written_day(local_day(shipment.shipped_at))),
        ("Carrier", shipment.carrier),
        ("Tracking", shipment.tracking_number),
    ]
    items = list(shipment.items.all())
    return _page(
        "invoices/packing_slip.html",
        nonce=nonce,
        title="Packing slip",
        number=shipment.number,
        shop=shop_of_record(),
        facts=[(label, text) for label, text in facts if text],
        ship_to=recipient_of(order),
        items=[{**row.item.product_snapshot, "quantity": row.quantity} for row in items],
        units=sum(row.quantity for row in items),
    )


def _page(template: str, **context: Any) -> str:
    return render_to_string(template, {"paper": settings.PAPER_SIZE, **context})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with its amounts grouped by thousands, and its rate in percent."""
    shown = {**row}
    for name, value in row.items():
        if value is not None and (name.endswith("_amount") or name in {"amount", "unit_price", "subtotal"}):
            shown[name] = _grouped(value)
    if "tax_rate" in row:
        shown["tax_rate"] = UNKNOWN if row["tax_rate"] is None else f"{row['tax_rate']} %"
    if {"net_amount", "tax_amount"} <= row.keys():
        shown["gross_amount"] = _grouped(Decimal(row["net_amount"]) + Decimal(row["tax_amount"]))
    return shown


def _shown_goods(line: dict[str, Any]) -> dict[str, Any]:
    return {**_shown(line), **({} if Decimal(line["discount_amount"]) else {"discount_amount": ""})}


def _grouped(amount: str | Decimal) -> str:
    return f"{Decimal(amount):,f}".replace("-", "\N{MINUS SIGN}")


def _written_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
