"""Sends a span for each request to a collector of OpenTelemetry; needs the extra `tracing`.

Only web processes with an OTEL_EXPORTER_OTLP_ENDPOINT import this module. The SDK reads its other variables
itself, such as OTEL_TRACES_SAMPLER and OTEL_SERVICE_NAME.
"""

import os
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from backend.api.request_log import measured_of, route_of

_SERVER_ERROR = 500


@cache
def tracer() -> Tracer:
    """Return the tracer of this process, which sends spans in the background."""
    name = os.environ.get("OTEL_SERVICE_NAME", "vitrine")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    endpoint = f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider.get_tracer("vitrine")


class TracingMiddleware:
    """Makes a span for each request, and adds its trace to every log line of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, and end the span.

        The trace is a new one: whoever sends a request could otherwise choose its id, and have it sampled.
        """
        method = request.method or "GET"
        with tracer().start_as_current_span(method, context=Context(), kind=SpanKind.SERVER) as span:
            trace_id = f"{span.get_span_context().trace_id:032x}"
            structlog.contextvars.bind_contextvars(trace_id=trace_id)
            response = self.get_response(request)
            _describe(span, request, response)
            return response


def _describe(span: Span, request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the request's attributes: its route, and neither its path nor its query, which are personal."""
    route = route_of(request)
    span.update_name(f"{request.method} {route}")
    span.set_attributes(
        {
            "http.request.method": request.method or "",
            "http.route": route,
            "http.response.status_code": response.status_code,
            "vitrine.request_id": response.get("X-Request-Id", ""),
        }
    )
    if (measured := measured_of(request)) is not None:
        span.set_attributes(
            {"vitrine.queries": measured.queries.count, "vitrine.query_seconds": measured.queries.seconds}
        )
    if response.status_code >= _SERVER_ERROR:
        span.set_status(StatusCode.ERROR)
