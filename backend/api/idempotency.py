"""Idempotency keys: a request that is repeated with the same key is executed once.

Every repetition gets the stored response to the first request. The key and the response are inserted in the
transaction of the request's changes, as its last statement. Of concurrent requests with one key, the unique
constraint lets one commit; the others are rolled back and get its response. A failed request leaves the key
unused.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, connection
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from backend.api.errors import DomainError, IdempotencyKeyReused, InvalidInput
from backend.api.models import IdempotencyKey
from backend.api.owners import owner_of
from backend.api.rows import LastRows, last_rows
from backend.api.schema import RequestHeader
from backend.api.statements import statement

HEADER = "Idempotency-Key"
WELL_FORMED = re.compile(r"[\x21-\x7e]{1,255}")
RETENTION = timedelta(days=1)
SQL = Path(__file__).parent / "sql"

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


def once(request: Request, perform: Callable[[LastRows], Response], *, scope: str, now: datetime) -> Response:
    """Return the response from `perform`, or the stored response if the request is a repetition.

    `perform` runs inside a transaction, and may add rows that are inserted at its end. A request without a
    key is always executed.

    Raises:
        InvalidInput: the key is not 1 to 255 visible characters.
        IdempotencyKeyReused: the key was used with another body.
        NotAuthenticated: a guest without a cart token sent a key; a key belongs to an account or a token.
    """
    key = _key_of(request)
    if key is None:
        return _performed(perform, response_row=None)
    owner = owner_of(request)
    if owner is None:
        raise NotAuthenticated
    row = IdempotencyKey(
        **owner.columns(), scope=scope, key=key, fingerprint=_fingerprint(request), created_at=now
    )
    if stored := _stored(row):
        return stored
    try:
        return _performed(perform, response_row=row)
    except (DomainError, IntegrityError):
        # Perhaps because a concurrent request with the same key has committed meanwhile.
        if stored := _stored(row):
            return stored
        raise


def _performed(perform: Callable[[LastRows], Response], *, response_row: IdempotencyKey | None) -> Response:
    with last_rows() as rows:
        response = perform(rows)
        if response_row is not None:
            response_row.status = response.status_code
            response_row.body = json.dumps(response.data, cls=JSONEncoder)
            rows.add(response_row)
    return response


def _stored(row: IdempotencyKey) -> Response | None:
    """Return the response to an earlier request with the key, or None if it is new."""
    with connection.cursor() as cursor:
        cursor.execute(statement(SQL, "stored_response"), [row.scope, row.key, row.user_id, row.guest])
        stored = cursor.fetchone()
    if stored is None:
        return None
    fingerprint, status, body = stored
    if fingerprint != row.fingerprint:
        raise IdempotencyKeyReused(**{HEADER: row.key})
    return Response(json.loads(body), status=status, headers={REPLAYED_HEADER: "true"})


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not WELL_FORMED.fullmatch(key):
        raise InvalidInput(**{HEADER: "Must be 1 to 255 visible ASCII characters."})
    return key


def _fingerprint(request: Request) -> str:
    content = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def forget_old_keys(*, now: datetime) -> int:
    """Delete the keys that are older than a day; return how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - RETENTION).delete()
    return deleted
