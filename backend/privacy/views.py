"""Endpoints for the export and the erasure of personal data."""

from collections.abc import Iterator
from datetime import timedelta
from typing import IO
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of, session_of
from backend.accounts.errors import TooManyAttempts, WrongPassword
from backend.accounts.second_factor.errors import WrongCode
from backend.api.parameters import parse_body
from backend.api.renderers import JsonAlways
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import LoginThrottle, PersonalDataThrottle
from backend.audit.actors import actor_of
from backend.engines.errors import (
    EngineBusy,
    QueryTooSlow,
    StreamNotAvailable,
    WarehouseNotAvailable,
    WarehouseNotMigrated,
)
from backend.privacy import selectors, services
from backend.privacy.errors import ErasureRefused, LoginNotRecent, ReceiptNotFound
from backend.privacy.exporting import export_of
from backend.privacy.serializers import ErasureSerializer, PersonalDataSerializer, ReceiptSerializer

TAG = "privacy"
RECENT = timedelta(hours=1)
_BLOCK_BYTES = 64 * 1024


class AccountErasureView(APIView):
    """The deletion of the caller's account."""

    throttle_classes = (LoginThrottle,)

    @operation(
        "account_delete",
        tag=TAG,
        request=ErasureSerializer,
        response=envelope_of(ReceiptSerializer),
        status=202,
        errors=[WrongPassword, WrongCode, TooManyAttempts, ErasureRefused],
    )
    def delete(self, request: Request) -> Response:
        """Delete your account and everything that the shop stores about you.

        All sessions end at once. Orders stay without your name, address and contact; invoices are kept as
        long as the law requires. The receipt says which other stores have deleted their copies; it can be
        read without an account.
        """
        erasure = services.erase_account(
            account_of(request).pk,
            **parse_body(request, ErasureSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(ReceiptSerializer(erasure).data, message="Account deleted.", status=202)


class ExportView(APIView):
    """The export of the caller's personal data."""

    throttle_classes = (PersonalDataThrottle,)
    content_negotiation_class = JsonAlways

    @operation(
        "account_export_get",
        tag=TAG,
        response=PersonalDataSerializer,
        errors=[
            LoginNotRecent,
            StreamNotAvailable,
            WarehouseNotAvailable,
            WarehouseNotMigrated,
            QueryTooSlow,
            EngineBusy,
        ],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Download everything that the shop stores about you, as one JSON file.

        The login must not be older than an hour. If a store is not available, the response is a 503: a part
        is never left out.
        """
        now = timezone.now()
        if session_of(request).created_at < now - RECENT:
            raise LoginNotRecent(max_minutes=int(RECENT.total_seconds() // 60))
        disposition = f'attachment; filename="personal-data-{now:%Y-%m-%d}.json"'
        return StreamingHttpResponse(
            _blocks(export_of(account_of(request).pk, now=now)),
            content_type="application/json",
            headers={"Content-Disposition": disposition},
        )


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file's contents, and close it at the end."""
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block


class ReceiptView(APIView):
    """The progress of an erasure, for those who have the receipt's id."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @operation(
        "erasure_receipts_get", tag=TAG, response=envelope_of(ReceiptSerializer), errors=[ReceiptNotFound]
    )
    def get(self, request: Request, receipt_id: UUID) -> Response:
        """Show the progress of the deletion of an account.

        It says which stores have deleted their copies, and what is kept until when.
        """
        return envelope(ReceiptSerializer(selectors.receipt(receipt_id)).data)
