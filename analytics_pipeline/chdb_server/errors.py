"""ClickHouse's exceptions as its HTTP interface reports them."""

import re
from http import HTTPStatus

_EXCEPTION = re.compile(r"Code: (\d+)\.")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")

_STATUS_BY_NAME = {
    "REQUIRED_PASSWORD": HTTPStatus.UNAUTHORIZED,
    "AUTHENTICATION_FAILED": HTTPStatus.FORBIDDEN,
    "READONLY": HTTPStatus.FORBIDDEN,
    "SESSION_IS_LOCKED": HTTPStatus.LOCKED,
    "SYNTAX_ERROR": HTTPStatus.BAD_REQUEST,
    "TYPE_MISMATCH": HTTPStatus.BAD_REQUEST,
    "BAD_ARGUMENTS": HTTPStatus.BAD_REQUEST,
    "BAD_QUERY_PARAMETER": HTTPStatus.BAD_REQUEST,
    "INCORRECT_DATA": HTTPStatus.BAD_REQUEST,
    "CANNOT_READ_ALL_DATA": HTTPStatus.BAD_REQUEST,
    "ILLEGAL_TYPE_OF_ARGUMENT": HTTPStatus.BAD_REQUEST,
    "QUERY_IS_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "TIMEOUT_EXCEEDED": HTTPStatus.REQUEST_TIMEOUT,
    "NOT_IMPLEMENTED": HTTPStatus.NOT_IMPLEMENTED,
}
_STATUS_BY_PREFIX = {
    "CANNOT_PARSE_": HTTPStatus.BAD_REQUEST,
    "UNKNOWN_": HTTPStatus.NOT_FOUND,
}

# Codes of the exceptions that this server raises itself, as ClickHouse numbers them.
AUTHENTICATION_FAILED = 516
BAD_ARGUMENTS = 36
CANNOT_READ_ALL_DATA = 33
QUERY_IS_TOO_LARGE = 161
SESSION_IS_LOCKED = 373
SYNTAX_ERROR = 62


class EngineError(Exception):
    """A statement that the engine, or this server on its behalf, refused."""

    def __init__(self, message: str, *, code: int, name: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.name = name

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status that ClickHouse answers with for this exception."""
        if self.name in _STATUS_BY_NAME:
            return _STATUS_BY_NAME[self.name]
        for prefix, status in _STATUS_BY_PREFIX.items():
            if self.name.startswith(prefix):
                return status
        return HTTPStatus.INTERNAL_SERVER_ERROR


def from_engine(text: str) -> EngineError:
    """The exception that the engine's text describes; nested exceptions report the outermost."""
    start = text.find("Code: ")
    message = text[start:].strip() if start >= 0 else text.strip()
    code = _EXCEPTION.match(message)
    names = _NAME.findall(message)
    return EngineError(
        message, code=int(code.group(1)) if code else 0, name=names[-1] if names else "UNKNOWN_EXCEPTION"
    )


def refuse(reason: str, *, code: int, name: str) -> EngineError:
    """An exception of this server's own, worded as the engine words its own."""
    return EngineError(f"Code: {code}. DB::Exception: {reason}. ({name})", code=code, name=name)
