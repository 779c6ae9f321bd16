"""Writes everything that the shop stores about a customer as JSON."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder

from backend.api.timestamps import timestamp
from backend.privacy.handlers import handlers

_IN_MEMORY = 1_000_000


def export_of(user_id: int, *, now: datetime) -> IO[bytes]:
    """Return a temporary file, open at its beginning, with everything about the customer.

    The file is complete or not there at all: nothing can be left out because a store is away. Closing it
    deletes it.

    Raises:
        StreamUnavailable, WarehouseUnavailable, EngineBusy: a store is not available.
    """
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        file.write(b'{"exported_at": %s, "sections": {' % _json(timestamp(now)))
        separator = b"\n"
        for handler in handlers():
            for section, rows in handler.export(user_id):
                file.write(separator + _json(section) + b": ")
                _write_list(file, rows)
                separator = b",\n"
        file.write(b"\n}}\n")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _write_list(file: IO[bytes], rows: Iterable[Mapping[str, Any]]) -> None:
    file.write(b"[")
    separator = b"\n  "
    for row in rows:
        file.write(separator + _json(row))
        separator = b",\n  "
    file.write(b"]")


def _json(value: object) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode(errors="backslashreplace")
