"""Translate an HTTP request to a statement: URL parameters, headers and forms as in ClickHouse."""

import base64
import binascii
import hmac
import uuid
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO
from urllib.parse import unquote

from analytics_pipeline.chdb_server import errors, form
from analytics_pipeline.chdb_server.errors import Code
from analytics_pipeline.chdb_server.guard import Role
from analytics_pipeline.chdb_server.request import External, Request

# Parameters of the protocol and of its transport; every other one is a setting of the engine.
_PROTOCOL_PARAMETERS = frozenset(
    {
        "add_http_cors_header",
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        # The engine keeps the query's id in it.
        "log_comment",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
_EXTERNAL_SUFFIXES = ("_format", "_structure", "_types")
_FORM_LIMIT = 64 * 1024 * 1024


class Credentials:
    """The users that this server knows, each with a password and a role."""

    def __init__(self, users: Mapping[str, tuple[str, Role]]) -> None:
        self._users = users

    def role(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> Role:
        """Return the role of the user whose name and password came with a request.

        Raises:
            EngineError: they are missing or wrong.
        """
        user, password = _user_and_password(headers, parameters)
        if not user and not password:
            raise errors.refuse("Send a user's name and password", code=Code.REQUIRED_PASSWORD)
        expected, role = self._users.get(user, ("", None))
        if not hmac.compare_digest(password.encode(), expected.encode()) or role is None:
            raise errors.refuse(
                f"{user}: Authentication failed: password is incorrect, or there is no user with such name",
                code=Code.AUTHENTICATION_FAILED,
            )
        return role


def request(
    parameters: dict[str, str], headers: Mapping[str, str], *, content: BinaryIO, role: Role, readonly: bool
) -> Request:
    """Return the statement of a request. Values of a form are added to `parameters`.

    Raises:
        EngineError: the form is too large.
    """
    query = parameters.get("query", "").encode("utf-8", "surrogateescape")
    externals: tuple[External, ...] = ()
    content_type = headers.get("Content-Type", "")
    if "multipart" in content_type and (parts := form.parse(_bounded(content), content_type=content_type)):
        plain = {part.name: part.value for part in parts if _is_plain(part.name)}
        query = plain.pop("query", query)
        parameters.update((name, value.decode()) for name, value in plain.items())
        externals = tuple(_external(part, parameters) for part in parts if not _is_plain(part.name))
        content = BytesIO()
    if query:
        query += b"\n"
    described = {f"{table.name}{suffix}" for table in externals for suffix in _EXTERNAL_SUFFIXES}
    return Request(
        query=query,
        body=content,
        query_id=parameters.get("query_id") or headers.get("X-ClickHouse-Query-Id") or str(uuid.uuid4()),
        role=role,
        default_format=parameters.get("default_format")
        or headers.get("X-ClickHouse-Format")
        or "TabSeparated",
        parameters={
            name.removeprefix("param_"): value
            for name, value in parameters.items()
            if name.startswith("param_")
        },
        settings={
            name: value
            for name, value in parameters.items()
            if name not in _PROTOCOL_PARAMETERS
            and not name.startswith(("param_", "http_"))
            and name not in described
        },
        database=parameters.get("database") or headers.get("X-ClickHouse-Database"),
        session=parameters.get("session_id"),
        externals=externals,
        readonly=readonly,
    )


def _user_and_password(headers: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return unquote(user), unquote(password)
    return (
        headers.get("X-ClickHouse-User") or parameters.get("user", ""),
        headers.get("X-ClickHouse-Key") or parameters.get("password", ""),
    )


def _bounded(content: BinaryIO) -> bytes:
    with content:
        body = content.read(_FORM_LIMIT)
        if content.read(1):
            raise errors.refuse(f"The form is longer than {_FORM_LIMIT} bytes", code=Code.TOO_MANY_BYTES)
    return body


def _is_plain(name: str) -> bool:
    return name == "query" or name.startswith("param_")


def _external(part: form.Part, parameters: Mapping[str, str]) -> External:
    structure = parameters.get(f"{part.name}_structure")
    if structure is None:
        types = parameters.get(f"{part.name}_types", "").split(",")
        structure = ", ".join(f"_{number} {type_}" for number, type_ in enumerate(types, start=1))
    return External(
        name=part.name,
        structure=structure,
        format=parameters.get(f"{part.name}_format", "TabSeparated"),
        data=part.value,
    )
