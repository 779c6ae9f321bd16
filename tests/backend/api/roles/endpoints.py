"""The endpoints of the URL configuration."""

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

ADMIN, DASHBOARD = "/admin/", "/dashboard/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Endpoint(NamedTuple):
    """A method of a URL pattern."""

    method: str
    route: str


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint."""
    yield from _of(get_resolver(), prefix="/")


def _of(resolver: URLResolver, *, prefix: str) -> Iterator[Endpoint]:
    for each in resolver.url_patterns:
        route = f"{prefix}{each.pattern}"
        match each:
            case URLResolver():
                yield from _of(each, prefix=route)
            case URLPattern(callback=view) if view_class := getattr(view, "view_class", None):
                yield from (Endpoint(name, route) for name in METHODS if hasattr(view_class, name.lower()))
            case _:
                # A view that is a function serves a file or a page of the admin.
                yield Endpoint("GET", route)
