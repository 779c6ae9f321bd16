"""What is printed on an invoice or a credit note, as JSON that is stored with its number.

Amounts are strings with the decimal places of the currency, dates are ISO 8601 in the shop's time zone, and
texts are plain text. Fields may be added; a reader must accept documents without them.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.addresses.postal import lines_of
from backend.api import money
from backend.invoices.amounts import Draft, Line, TaxSum
from backend.orders.models import MovementKind, Order

Content = dict[str, Any]


def local_day(moment: datetime) -> date:
    """Return the day in the shop's time zone."""
    return moment.astimezone(ZoneInfo(settings.SHOP_TIME_ZONE)).date()


def content_of(draft: Draft) -> Content:
    """Return what is printed on the document, apart from its number and its day."""
    order = draft.order
    return {
        "shop": shop_of_record(),
        "buyer": _buyer(order),
        "ship_to": _recipient(order),
        "order_number": order.order_number,
        "placed_on": local_day(order.placed_at).isoformat(),
        "supplied_on": _supplied_on(draft),
        "payment_method": order.get_payment_method_display(),
        "prices_include_tax": order.prices_include_tax,
        "lines": [_goods(line, currency=order.currency) for line in draft.goods],
        "extras": [_extra(line, currency=order.currency) for line in draft.extras],
        "taxes": [_tax(row, currency=order.currency) for row in draft.taxes()],
        "subtotal": money.written(_sum(line.amount for line in draft.goods), currency=order.currency),
        "net_amount": money.written(draft.net, currency=order.currency),
        "tax_amount": money.written(draft.tax, currency=order.currency),
        "total_amount": money.written(draft.total, currency=order.currency),
        "currency": order.currency,
    }


def shop_of_record() -> dict[str, Any]:
    """Return the details of the company that sells, as they are set at present."""
    return {
        "name": settings.SHOP_NAME,
        "address": settings.SHOP_ADDRESS,
        "vat_number": settings.SHOP_VAT_NUMBER,
        "email": settings.SHOP_EMAIL,
        "footer": settings.INVOICE_FOOTER,
    }


def _buyer(order: Order) -> dict[str, Any]:
    address = order.billing_address or order.shipping_address
    if not (address.get("name") or order.customer_name or order.email):
        # The account was erased after the invoice was issued, which still names the buyer.
        for content in order.invoices.order_by("pk").values_list("content", flat=True)[:1]:
            return dict(content["buyer"])
    return {
        "name": address.get("name") or order.customer_name,
        "company": address.get("company", ""),
        "address": lines_of(address),
        "vat_number": address.get("vat_number", ""),
        "email": order.email,
    }


def _recipient(order: Order) -> list[str]:
    """Return the lines of the shipping address; none if it is the buyer's address."""
    if not order.billing_address or order.billing_address == order.shipping_address:
        return []
    return recipient_of(order)


def recipient_of(order: Order) -> list[str]:
    """Return the lines of the address on a parcel."""
    address = order.shipping_address
    names = (address.get("company", ""), address.get("name") or order.customer_name)
    return [*filter(None, names), *lines_of(address)]


def _supplied_on(draft: Draft) -> str | None:
    """Return the day of supply; None if units are still to be shipped."""
    if draft.movements[0].kind != MovementKind.SALE:
        return local_day(draft.occurred_at).isoformat()
    shipped = [shipment.shipped_at for shipment in draft.order.shipments.all()]
    is_complete = all(item.shipped == item.quantity for item in draft.order.items.all())
    return local_day(max(shipped)).isoformat() if shipped and is_complete else None


def _goods(line: Line, *, currency: str) -> Content:
    item, places = line.item, money.exponent(currency)
    if item is None:
        raise ValueError("goods are lines of items")
    full = money.rounded(item.unit_price * line.quantity, currency=currency)
    snapshot = item.product_snapshot
    return {
        **_amounts(line, currency=currency),
        "title": snapshot.get("title", ""),
        "variant": snapshot.get("variant", ""),
        "sku": snapshot.get("sku", ""),
        "quantity": line.quantity,
        # More places than the currency has, if a unit's price has them.
        "unit_price": f"{item.unit_price:.{max(places, -_exponent(item.unit_price))}f}",
        "discount_amount": money.written(full - line.amount, currency=currency),
    }


def _extra(line: Line, *, currency: str) -> Content:
    return {**_amounts(line, currency=currency), "description": line.description}


def _amounts(line: Line, *, currency: str) -> Content:
    return {
        "amount": money.written(line.amount, currency=currency),
        "net_amount": money.written(line.net, currency=currency),
        "tax_amount": money.written(line.tax, currency=currency),
        "tax_rate": _rate(line.tax_rate),
    }


def _tax(row: TaxSum, *, currency: str) -> Content:
    return {
        "tax_rate": _rate(row.tax_rate),
        "net_amount": money.written(row.net, currency=currency),
        "tax_amount": money.written(row.tax, currency=currency),
    }


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate.normalize():f}"


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
