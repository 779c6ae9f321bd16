"""Idempotency keys: a request that is repeated with the same key is executed once.

Every repetition gets the stored response to the first request. The key, the changes and the response are
written in one transaction, so a concurrent request with the same key waits for the first one, and a failed
request leaves the key unused.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from backend.api.errors import IdempotencyKeyReused, InvalidInput
from backend.api.models import IdempotencyKey
from backend.api.schema import RequestHeader

HEADER = "Idempotency-Key"
WELL_FORMED = re.compile(r"[\x21-\x7e]{1,255}")
RETENTION = timedelta(days=1)

REPLAYED_HEADER = "Idempotent-Replayed"
IDEMPOTENCY_KEY = RequestHeader(
    name=HEADER,
    schema={"type": "string", "pattern": f"^{WELL_FORMED.pattern}$", "example": "0b6c0c0e-checkout"},
    description="Repeat the request with the same key and body within a day to get the first response again.",
    errors=[IdempotencyKeyReused],
    response_headers={
        REPLAYED_HEADER: {
            "description": "`true` if this is the stored response to an earlier request with the same key.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    },
)


def once(request: Request, perform: Callable[[], Response], *, scope: str, now: datetime) -> Response:
    """Return the response from `perform`, or the stored response if the request is a repetition.

    `perform` runs inside a transaction. A request without a key is always executed.

    Raises:
        InvalidInput: the key is not 1 to 255 visible characters.
        IdempotencyKeyReused: the key was used with another body.
        NotAuthenticated: a guest sent a key; a key belongs to an account.
    """
    key = _key_of(request)
    if key is None:
        return perform()
    if request.user.pk is None:
        raise NotAuthenticated
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        claim = _claim(request.user.pk, scope=scope, key=key, fingerprint=fingerprint, now=now)
        if claim.fingerprint != fingerprint:
            raise IdempotencyKeyReused(**{HEADER: key})
        if claim.status is not None and claim.body is not None:
            stored = json.loads(claim.body)
            return Response(stored, status=claim.status, headers={REPLAYED_HEADER: "true"})
        response = perform()
        claim.status, claim.body = response.status_code, json.dumps(response.data, cls=JSONEncoder)
        claim.save(update_fields=["status", "body"])
    return response


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not WELL_FORMED.fullmatch(key):
        raise InvalidInput(**{HEADER: "Must be 1 to 255 visible ASCII characters."})
    return key


def _fingerprint(request: Request) -> str:
    content = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _claim(user_id: int, *, scope: str, key: str, fingerprint: str, now: datetime) -> IdempotencyKey:
    claim = IdempotencyKey(user_id=user_id, scope=scope, key=key, fingerprint=fingerprint, created_at=now)
    # Waits for a concurrent request with the same key, and keeps the row that it inserted.
    IdempotencyKey.objects.bulk_create([claim], ignore_conflicts=True)
    return IdempotencyKey.objects.select_for_update().get(user_id=user_id, scope=scope, key=key)


def forget_old_keys(*, now: datetime) -> int:
    """Delete the keys that are older than a day; return how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - RETENTION).delete()
    return deleted
