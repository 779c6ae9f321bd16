"""Endpoints of the audit log."""

from dataclasses import asdict
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.parameters import parse
from backend.api.renderers import JsonAlways
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.audit.actors import actor_of
from backend.audit.selectors import batches_matching, chain_state
from backend.audit_log import services
from backend.audit_log.errors import AuditEntryNotFound
from backend.audit_log.formats import CSV, FORMATS, NDJSON
from backend.audit_log.serializers import (
    AuditChainSerializer,
    AuditEntriesSerializer,
    AuditEntrySerializer,
    EntryListParameters,
    ExportParameters,
    filters_in,
    shown_entries,
)

TAG = "audit"


class AuditView(APIView):
    """An endpoint for staff with the area `audit`."""

    permission_classes = (InArea(StaffArea.AUDIT),)


class EntryListView(AuditView):
    """The entries."""

    @operation(
        "audit_entries_list",
        tag=TAG,
        query=EntryListParameters,
        response=envelope_of(AuditEntriesSerializer),
    )
    def get(self, request: Request) -> Response:
        """List entries, newest first.

        The list has no number of pages, because counting would read the whole log. Reading the log is itself
        recorded in it.
        """
        parameters = parse(request, EntryListParameters)
        entries, following = services.read_entries(
            filters_in(parameters), page_size=parameters["page_size"], by=actor_of(request)
        )
        page = {"entries": shown_entries(entries), "next": _next_url(request, following)}
        return envelope(AuditEntriesSerializer(page).data)


class EntryView(AuditView):
    """One entry."""

    @operation(
        "audit_entries_get",
        tag=TAG,
        response=envelope_of(AuditEntrySerializer),
        errors=[AuditEntryNotFound],
    )
    def get(self, request: Request, entry_id: int) -> Response:
        """Show an entry."""
        (shown,) = shown_entries([services.read_entry(entry_id, by=actor_of(request))])
        return envelope(AuditEntrySerializer(shown).data)


class ExportView(AuditView):
    """Entries as a file."""

    content_negotiation_class = JsonAlways

    @operation(
        "audit_export_get",
        tag=TAG,
        query=ExportParameters,
        response={(200, CSV.media_type): CSV.schema, (200, NDJSON.media_type): NDJSON.schema},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Export entries as CSV or as lines of JSON, newest first.

        If there are more than `limit`, the header Link has the URL of the next ones. `manage.py audit export`
        has no limit.
        """
        parameters = parse(request, ExportParameters)
        filters, limit = filters_in(parameters), parameters["limit"]
        chosen = next(known for known in FORMATS if known.name == parameters["format"])
        following = services.begin_export(filters, limit=limit, by=actor_of(request))
        batches = (shown_entries(batch) for batch in batches_matching(filters, limit=limit))
        name = f"audit-{timezone.now():%Y-%m-%d}.{chosen.name}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if following is not None:
            headers["Link"] = f'<{_next_url(request, following)}>; rel="next"'
        return StreamingHttpResponse(
            chosen.write(batches), content_type=f"{chosen.media_type}; charset=utf-8", headers=headers
        )


class ChainView(AuditView):
    """The chain that seals the entries."""

    @operation("audit_chain_get", tag=TAG, response=envelope_of(AuditChainSerializer))
    def get(self, request: Request) -> Response:
        """Show the head of the chain, and the result of the last verification.

        The log is verified every night, and by `manage.py audit verify`.
        """
        return envelope(AuditChainSerializer(asdict(chain_state())).data)


def _next_url(request: Request, before: int | None) -> str | None:
    url: Any = request.build_absolute_uri()
    return None if before is None else replace_query_param(url, "before", before)
