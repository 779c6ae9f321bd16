"""Whether the shop can issue invoices."""

from django.conf import settings


def is_complete() -> bool:
    """Return whether the details are set that an invoice must have."""
    return bool(settings.SHOP_NAME and settings.SHOP_ADDRESS)
