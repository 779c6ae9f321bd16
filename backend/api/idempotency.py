"""Requests that may be sent again without being carried out again.

A caller who gives a request an `Idempotency-Key` gets the answer of the first request with that key, however
often it is sent. The key is claimed, the work done and the answer kept in one transaction: of two requests at
once the second waits for the first, and where the work failed the key is free again.
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
KEPT_FOR = timedelta(days=1)

REPLAYED_HEADER = "Idempotent-Replayed"
IDEMPOTENCY_KEY = RequestHeader(
    name=HEADER,
    schema={"type": "string", "pattern": f"^{WELL_FORMED.pattern}$", "example": "0b6c0c0e-checkout"},
    description="Repeat the request with the same key and body within a day to get the first answer again.",
    errors=[IdempotencyKeyReused],
    response_headers={
        REPLAYED_HEADER: {
            "description": "`true` where this is the answer of an earlier request with the same key.",
            "schema": {"type": "string", "enum": ["true"]},
        }
    },
)


def once(request: Request, perform: Callable[[], Response], *, scope: str, now: datetime) -> Response:
    """Return what `perform` answers; for a request that was carried out before, the answer it got then.

    `perform` runs inside a transaction. A request without a key is carried out whenever it comes.

    Raises:
        InvalidInput: the key is not 1 to 255 visible characters.
        IdempotencyKeyReused: the key was used with another body.
        NotAuthenticated: a guest sent a key; keys belong to accounts.
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
            answer = json.loads(claim.body)
            return Response(answer, status=claim.status, headers={REPLAYED_HEADER: "true"})
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
    said = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _claim(user_id: int, *, scope: str, key: str, fingerprint: str, now: datetime) -> IdempotencyKey:
    mine = IdempotencyKey(user_id=user_id, scope=scope, key=key, fingerprint=fingerprint, created_at=now)
    # Waits for a request at work with the same key, and leaves its row alone when it is done.
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    return IdempotencyKey.objects.select_for_update().get(user_id=user_id, scope=scope, key=key)


def forget_old_keys(*, now: datetime) -> int:
    """Delete the keys that are older than a day; return how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return deleted
