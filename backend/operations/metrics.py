"""Prometheus metrics of requests: their number, duration, status and database queries."""

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

from backend.api.request_log import measured_of, route_of

REQUESTS = Counter("vitrine_http_requests", "HTTP requests handled", ["method", "route", "status"])
SECONDS = Histogram(
    "vitrine_http_request_seconds",
    "Time from the request to the response",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 5, 10),
)
QUERIES = Counter("vitrine_http_queries", "Database queries of requests", ["method", "route"])
QUERY_SECONDS = Counter(
    "vitrine_http_query_seconds", "Time that the database queries of requests took", ["method", "route"]
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MetricsMiddleware:
    """Counts requests by route, because there are too many paths."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, and count the request."""
        begun = time.perf_counter()
        response = self.get_response(request)
        route = route_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        SECONDS.labels(method, route).observe(time.perf_counter() - begun)
        if (measured := measured_of(request)) is not None and measured.queries.count:
            QUERIES.labels(method, route).inc(measured.queries.count)
            QUERY_SECONDS.labels(method, route).inc(measured.queries.seconds)
        return response
