"""What search engines and shopping sites request."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import BrowseThrottle
from backend.catalog.errors import ProductNotFound
from backend.catalog.pages import product_page
from backend.discovery import feeds, sitemaps
from backend.discovery.json_ld import json_ld

_SECONDS = 600
_INDEX = "discovery:sitemap-index"
_XML = "application/xml; charset=utf-8"
_WRITERS = {
    "tsv": (feeds.tsv, "text/tab-separated-values; charset=utf-8"),
    "xml": (feeds.rss, "application/rss+xml; charset=utf-8"),
}


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Return the index of the sitemaps, which is ten minutes old at most."""
    # It reads all products, so it isn't made for each request.
    content: str | None = cache.get(_INDEX)
    if content is None:
        content = sitemaps.index()
        cache.set(_INDEX, content, _SECONDS)
    return _public(content, content_type=_XML)


@require_safe
def sitemap_of_products(request: HttpRequest, span: str) -> HttpResponse:
    """Return a sitemap of products.

    Raises:
        Http404: it has no product.
    """
    content = sitemaps.products(int(span))
    if content is None:
        raise Http404
    return _public(content, content_type=_XML)


@require_safe
def sitemap_of_categories(request: HttpRequest) -> HttpResponse:
    """Return the sitemap of the categories."""
    return _public(sitemaps.categories(), content_type=_XML)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Return robots.txt."""
    return _public(sitemaps.robots(), content_type="text/plain; charset=utf-8")


def _public(content: str, *, content_type: str) -> HttpResponse:
    headers = {"Cache-Control": f"public, max-age={_SECONDS}"}
    return HttpResponse(content, content_type=content_type, headers=headers)


@require_safe
def feed(request: HttpRequest, token: str, currency: str, part: str, form: str) -> HttpResponse:
    """Return a part of the feed of a currency.

    Raises:
        Http404: the token isn't FEED_TOKEN, or that isn't set.
    """
    if not settings.FEED_TOKEN or not constant_time_compare(token, settings.FEED_TOKEN):
        raise Http404
    write, content_type = _WRITERS[form]
    headers = {"Cache-Control": "private, no-store"}
    content = "".join(write(feeds.items(currency, part=int(part))))
    return HttpResponse(content, content_type=content_type, headers=headers)


class StructuredDataSerializer(serializers.Serializer[Any]):
    """The structured data of a product."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"text": '{"@context":"https://schema.org","@graph":[]}'}

    text = serializers.CharField(
        help_text="JSON-LD (schema.org) for a script element of the type `application/ld+json`; `<`, `>` and "
        "`&` are escaped, so that it can be embedded as it is."
    )


class StructuredDataView(APIView):
    """The structured data of a product."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "product_json_ld_get",
        tag="products",
        response=envelope_of(StructuredDataSerializer),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Show the structured data of a product.

        It has the product with its variants, offers and rating, and the breadcrumbs of its category.
        """
        return envelope({"text": json_ld(product_page(product_id, user=request.user))})
