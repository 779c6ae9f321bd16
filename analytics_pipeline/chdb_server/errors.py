"""ClickHouse's exceptions as its HTTP interface reports them."""

import re
from enum import IntEnum
from http import HTTPStatus

_EXCEPTION = re.compile(r"Code: (\d+)\.")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")

_STATUS_BY_NAME = {
    "REQUIRED_PASSWORD": HTTPStatus.UNAUTHORIZED,
    "AUTHENTICATION_FAILED": HTTPStatus.FORBIDDEN,
    "ACCESS_DENIED": HTTPStatus.FORBIDDEN,
    "READONLY": HTTPStatus.FORBIDDEN,
    "SYNTAX_ERROR": HTTPStatus.BAD_REQUEST,
    "TYPE_MISMATCH": HTTPStatus.BAD_REQUEST,
    "BAD_ARGUMENTS": HTTPStatus.BAD_REQUEST,
    "BAD_QUERY_PARAMETER": HTTPStatus.BAD_REQUEST,
    "INCORRECT_DATA": HTTPStatus.BAD_REQUEST,
    "CANNOT_READ_ALL_DATA": HTTPStatus.BAD_REQUEST,
    "ILLEGAL_TYPE_OF_ARGUMENT": HTTPStatus.BAD_REQUEST,
    "QUERY_IS_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "TOO_MANY_BYTES": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "TIMEOUT_EXCEEDED": HTTPStatus.REQUEST_TIMEOUT,
    "NOT_IMPLEMENTED": HTTPStatus.NOT_IMPLEMENTED,
    "TOO_MANY_SIMULTANEOUS_QUERIES": HTTPStatus.SERVICE_UNAVAILABLE,
}
_STATUS_BY_PREFIX = {
    "CANNOT_PARSE_": HTTPStatus.BAD_REQUEST,
    "UNKNOWN_": HTTPStatus.NOT_FOUND,
}


class Code(IntEnum):
    """The exceptions that this server raises itself, as ClickHouse numbers them."""

    CANNOT_READ_ALL_DATA = 33
    BAD_ARGUMENTS = 36
    NOT_IMPLEMENTED = 48
    SYNTAX_ERROR = 62
    QUERY_IS_TOO_LARGE = 161
    READONLY = 164
    REQUIRED_PASSWORD = 194
    TOO_MANY_SIMULTANEOUS_QUERIES = 202
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
    NOT_ENOUGH_SPACE = 243
    TOO_MANY_BYTES = 307
    ACCESS_DENIED = 497
    AUTHENTICATION_FAILED = 516


class EngineError(Exception):
    """A statement that the engine, or this server on its behalf, refused."""

    def __init__(self, message: str, *, code: int, name: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.name = name

    @property
    def status(self) -> HTTPStatus:
        """Return the HTTP status that ClickHouse sends for this exception."""
        if self.name in _STATUS_BY_NAME:
            return _STATUS_BY_NAME[self.name]
        for prefix, status in _STATUS_BY_PREFIX.items():
            if self.name.startswith(prefix):
                return status
        return HTTPStatus.INTERNAL_SERVER_ERROR


def from_engine(text: str) -> EngineError:
    """Return the exception that the engine's text describes; for nested exceptions, the outermost."""
    start = text.find("Code: ")
    message = text[start:].strip() if start >= 0 else text.strip()
    code = _EXCEPTION.match(message)
    names = _NAME.findall(message)
    return EngineError(
        message, code=int(code.group(1)) if code else 0, name=names[-1] if names else "UNKNOWN_EXCEPTION"
    )


def refuse(reason: str, *, code: Code) -> EngineError:
    """Return an exception of this server's own, in the form of the engine's."""
    return EngineError(f"Code: {code}. DB::Exception: {reason}. ({code.name})", code=code, name=code.name)


def bad_argument(reason: str) -> EngineError:
    """Return the exception for an invalid part of a request."""
    return refuse(reason, code=Code.BAD_ARGUMENTS)
