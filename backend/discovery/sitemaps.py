"""Sitemaps (sitemaps.org): one for categories, and one for each range of product ids.

A range of ids is read by its primary key, whatever the number of products, and a product stays in its
sitemap.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import F, Max
from django.db.models.functions import Floor

from backend.catalog.addresses import category_address, product_address, public_address
from backend.catalog.images import pictures
from backend.catalog.models import Category, Product

SPAN = 10_000
"""The ids in one sitemap of products; a sitemap may have 50,000 addresses and 50 MB."""
MOST_SITEMAPS = 50_000
_IMAGES = 5
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def index() -> str:
    """Return the index of the sitemaps that have an address."""
    spans = (
        Product.objects.listed()
        .order_by()
        .annotate(span=Floor(F("pk") / SPAN))
        .values_list("span")
        .annotate(changed=Max("updated_at"))
        .order_by("span")
    )
    parts = [_sitemap("categories.xml", None)] if Category.objects.exists() else []
    parts += [_sitemap(f"products-{int(span)}.xml", at) for span, at in spans[: MOST_SITEMAPS - 1]]
    return f"{_HEAD}<sitemapindex {_NAMESPACES}>\n{''.join(parts)}</sitemapindex>\n"


def _sitemap(name: str, changed: datetime | None) -> str:
    return f"<sitemap><loc>{escape(public_address(f'/sitemaps/{name}'))}</loc>{_lastmod(changed)}</sitemap>\n"


def products(span: int) -> str | None:
    """Return the sitemap of the listed products with ids of this range; None if there are none."""
    rows = (
        Product.objects.listed()
        .filter(pk__gte=span * SPAN, pk__lt=(span + 1) * SPAN)
        .order_by("pk")
        .values_list("pk", "slug", "updated_at", "pictures", "image_urls")
    )
    entries = [
        _entry(product_address(pk, slug), changed, pictures.all_urls(uploaded, urls)[:_IMAGES])
        for pk, slug, changed, uploaded, urls in rows.iterator(chunk_size=2_000)
    ]
    return _urlset(entries) if entries else None


def categories() -> str:
    """Return the sitemap of the categories; when they changed isn't known."""
    rows: Iterator[tuple[int, str]] = Category.objects.order_by("pk").values_list("pk", "slug").iterator()
    found = [_entry(category_address(pk, slug), None, ()) for pk, slug in rows]
    return _urlset(found[:50_000])


def robots() -> str:
    """Return robots.txt: ROBOTS_RULES, or by default everything but private pages, and the sitemaps."""
    rules = settings.ROBOTS_RULES or ["User-agent: *", "Disallow: /admin/", "Disallow: /accounts/"]
    return "\n".join([*rules, "", f"Sitemap: {public_address('/sitemap.xml')}", ""])


def _urlset(entries: Sequence[str]) -> str:
    return f"{_HEAD}<urlset {_NAMESPACES}>\n{''.join(entries)}</urlset>\n"


def _entry(address: str, changed: datetime | None, images: Sequence[str]) -> str:
    shown = "".join(
        f"<image:image><image:loc>{escape(public_address(url))}</image:loc></image:image>" for url in images
    )
    return f"<url><loc>{escape(address)}</loc>{_lastmod(changed)}{shown}</url>\n"


def _lastmod(at: datetime | None) -> str:
    return "" if at is None else f"<lastmod>{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>"
