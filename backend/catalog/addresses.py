"""Addresses of pages in the storefront, from the settings PRODUCT_PAGE_URL and CATEGORY_PAGE_URL."""

import re
from urllib.parse import quote, urljoin

from django.conf import settings

_NOT_IN_ADDRESSES = re.compile("[^\x21-\x7e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def product_address(product_id: int, slug: str) -> str:
    """Return the address of a product's page."""
    return _filled(settings.PRODUCT_PAGE_URL, pk=product_id, slug=slug)


def category_address(category_id: int, slug: str) -> str:
    """Return the address of a category's page."""
    return _filled(settings.CATEGORY_PAGE_URL, pk=category_id, slug=slug)


def public_address(address: str) -> str:
    """Return an address with its host; one without is below PUBLIC_URL.

    Characters that no address has, such as control characters of a seller's image, are percent-encoded.
    """
    joined = urljoin(f"{settings.PUBLIC_URL}/", address)
    return _NOT_IN_ADDRESSES.sub(lambda match: quote(match[0], safe="", errors="replace"), joined)


def _filled(template: str, *, pk: int, slug: str) -> str:
    return template.replace("{id}", str(pk)).replace("{slug}", quote(slug, safe=""))
