"""Columns and search texts of lists."""

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html

from backend.api import money


class Amount:
    """A column with an amount of money in the currency of its row."""

    def __init__(self, field: str, *, currency: str = "currency", label: str = "") -> None:
        """Show `field`; `currency` is the path of attributes to the currency."""
        self.field, self.currency = field, currency
        self.short_description = label or field.replace("_", " ")
        self.admin_order_field = field
        self.__name__ = field

    def __call__(self, row: Any) -> str:
        """Return the amount with its currency."""
        currency = row
        for name in self.currency.split("."):
            currency = getattr(currency, name)
        amount = getattr(row, self.field)
        return "–" if amount is None else f"{money.written(amount, currency=currency)} {currency}"


def link_to(row: Model | None) -> str:
    """Return a link to the page of another row; a dash without one."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(row.pk)])
    return format_html('<a href="{}" class="text-primary-600 underline">{}</a>', url, row)


def whole_number(text: str) -> int | None:
    """Return the id that a search text names; None if it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
