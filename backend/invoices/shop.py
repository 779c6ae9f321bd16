"""Whether the shop can issue invoices."""

from django.conf import settings


def is_complete() -> bool:
    """Return whether the details that an invoice must have are set."""
    return bool(settings.SHOP_NAME and settings.SHOP_ADDRESS)
