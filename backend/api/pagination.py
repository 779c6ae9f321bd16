"""Pagination: one envelope for all lists, from the database or the search index."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from backend.api.errors import PageNotFound

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class PageSpan:
    """The requested page, counted from 1, and its size."""

    page: int
    page_size: int

    @property
    def start(self) -> int:
        """The index of the first row, counted from 0."""
        return (self.page - 1) * self.page_size

    def total_pages(self, count: int) -> int:
        """Return the number of pages of `count` rows; an empty list has one empty page."""
        return max(1, -(-count // self.page_size))

    def require_within(self, count: int) -> None:
        """Refuse a page after the last one.

        Raises:
            PageNotFound: the page is after the last one.
        """
        last = self.total_pages(count)
        if self.page > last:
            raise PageNotFound(page=self.page, total_pages=last)


def page_of_rows(rows: QuerySet[Row], span: PageSpan) -> tuple[int, list[Row]]:
    """Return the number of rows, and the rows of the page, in two queries.

    Raises:
        PageNotFound: the page is after the last one.
    """
    count, page = counted_slice(rows, span)
    return count, list(page)


def counted_slice(rows: QuerySet[Row], span: PageSpan) -> tuple[int, QuerySet[Row]]:
    """Return the number of rows, in one query, and the query of the page's rows.

    Raises:
        PageNotFound: the page is after the last one.
    """
    count = rows.count()
    span.require_within(count)
    return count, rows[span.start : span.start + span.page_size]


def page_envelope(
    request: Request, results: Iterable[object], *, count: int, span: PageSpan, **extra: object
) -> dict[str, object]:
    """Return `{count, next, previous, results, page_size, current_page, total_pages}` and `extra`."""
    last = span.total_pages(count)
    return {
        "count": count,
        "next": _link(request, span.page + 1) if span.page < last else None,
        "previous": _link(request, span.page - 1) if span.page > 1 else None,
        "results": list(results),
        "page_size": span.page_size,
        "current_page": span.page,
        "total_pages": last,
        **extra,
    }


def page_response(
    request: Request,
    rows: QuerySet[Row],
    *,
    parameters: Mapping[str, Any],
    shown: Callable[[list[Row]], Iterable[object]],
    **extra: object,
) -> Response:
    """Return the page of `rows` that `parameters` (`page`, `page_size`) request; `shown` serialises its rows.

    `extra` is added to the envelope.

    Raises:
        PageNotFound: the page is after the last one.
    """
    span = PageSpan(page=parameters["page"], page_size=parameters["page_size"])
    count, page = page_of_rows(rows, span)
    return Response(page_envelope(request, shown(page), count=count, span=span, **extra))


def rows_of(serializer_class: type[BaseSerializer[Any]]) -> Callable[[list[Any]], Iterable[object]]:
    """Return a function that serialises rows with `serializer_class`."""
    return lambda rows: serializer_class(rows, many=True).data


def _link(request: Request, page: int) -> str:
    """Return the address of another page, with the parameters of the request in the order of their names."""
    parameters = dict(request.query_params.lists()) | {"page": [] if page == 1 else [page]}
    query = urlencode(sorted(parameters.items()), doseq=True)
    address = f"{request.scheme}://{request.get_host()}{escape_uri_path(request.path)}"
    return f"{address}?{query}" if query else address
