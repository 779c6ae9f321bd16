"""The errors of the API, and the registry that translates exceptions of other packages.

Each app declares subclasses of `DomainError` in its `errors.py`. `backend.api.error_handling` turns whatever
a view raises into the error envelope, and `docs/errors.md` lists every error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar


class DomainError(Exception):
    """The reason why a request can't be carried out, and what a client can do about it.

    `code` identifies the error to programs, `status` is the HTTP status, and `message` is shown to users.
    `details` has the keys that `details_keys` documents, and `hint` tells a client what to do. Every subclass
    declares its own `code`.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    message: str = "The request can't be carried out."
    headers: ClassVar[Mapping[str, str]] = {}
    details_keys: ClassVar[Mapping[str, str]] = {}
    hint: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Require a `code` in the class body, because an inherited code would identify two errors."""
        super().__init_subclass__(**options)
        if "code" not in vars(cls):
            raise TypeError(f"{cls.__qualname__} must declare its own `code`")

    def __init__(self, message: str | None = None, **details: object) -> None:
        """Store `details`; `message` replaces the class's message.

        The detail `retry_after` is also sent as the header Retry-After, in seconds.
        """
        if message is not None:
            self.message = message
        self.details: dict[str, object] = details
        if "retry_after" in details:
            self.headers = {**self.headers, "Retry-After": str(details["retry_after"])}  # type: ignore[misc] # of this one error
        super().__init__(self.message)


def written_details(details: Mapping[str, object]) -> str:
    """Return the details as text, such as `reasons: seller, staff; orders: A-1`."""
    return "; ".join(f"{name}: {_written(value)}" for name, value in details.items())


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class NotInTransaction(RuntimeError):
    """A row that must be committed together with a change was written outside a transaction."""


class InvalidInput(DomainError):
    """A parameter, header or body field that is missing, malformed or not allowed."""

    code = "invalid_input"
    message = "Invalid input."
    details_keys = {
        "<field>": "A list of messages. A field of a nested object is named `shipping_address.city`, one of "
        "a list's element `items.0.quantity`; `non_field_errors` has messages about the body as a whole."
    }
    hint = "Correct the fields that the details name."

    def __init__(self, message: str | None = None, **fields: str | Sequence[str]) -> None:
        """Store the messages of each field as a list."""
        details = {name: [text] if isinstance(text, str) else list(text) for name, text in fields.items()}
        super().__init__(message, **details)


class BodyNotAccepted(DomainError):
    """The request has a body, but the operation takes none."""

    code = "body_not_accepted"
    message = "This operation takes no body."
    hint = "Send the request without a body; only parameters in the path and the query have an effect."


class NotFound(DomainError):
    """The object doesn't exist, or the caller may not see it."""

    code = "not_found"
    status = 404
    message = "Not found."
    details_keys = {
        "path": "The path of the request, if no endpoint matches it.",
        "path_with_slash": "The path with a final slash, if an endpoint has that path.",
    }
    hint = "Check the id or the path."


class PageNotFound(NotFound):
    """The requested page is after the last one."""

    code = "page_not_found"
    message = "There is no such page."
    details_keys = {"page": "The requested page.", "total_pages": "The number of the last page."}
    hint = "Request a page from 1 to `total_pages`."


class ApiVersionUnknown(DomainError):
    """The header Vitrine-Version names a version of the API that doesn't exist."""

    code = "api_version_unknown"
    message = "There is no such version of the API."
    details_keys = {"version": "The requested version.", "supported": "The versions that exist."}
    hint = "Send one of the supported versions in the header Vitrine-Version, or omit the header."


class IdempotencyKeyReused(DomainError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = 409
    message = "This Idempotency-Key was used for another request; use a new one."
    details_keys = {"Idempotency-Key": "The key."}
    hint = "Send the request with a new key, or the same request as before with this key."


class EngineUnavailable(DomainError):
    """A search engine, warehouse or stream is not available at the moment."""

    code = "engine_unavailable"
    status = 503
    message = "A part of the shop is not available right now; try again shortly."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}
    details_keys = {
        "engine": "The part that is not available: `search`, `warehouse`, `stream` …",
        "remedy": "What an operator can do, if anything.",
    }
    hint = "Repeat the request after the seconds in the header Retry-After."


class DatabaseUnavailable(DomainError):
    """The database can't be reached, or did not respond in time."""

    code = "database_unavailable"
    status = 503
    message = "The shop is not available right now; try again shortly."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}
    hint = (
        "Repeat the request after the seconds in the header Retry-After. A change may have taken effect: "
        "check first, or repeat it with the same Idempotency-Key."
    )


class StorageFull(DomainError):
    """A volume has no space left, so that nothing can be written."""

    code = "storage_full"
    status = 503
    message = "The shop can't accept changes right now; try again later."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}
    hint = "Repeat the request later; the health details show operators which volume is full."


class UnknownCurrency(ValueError):
    """The text is not an ISO 4217 currency code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r} is not an ISO 4217 currency code, such as EUR.")
        self.code = code


Foreign = TypeVar("Foreign", bound=Exception)
Translation = Callable[[Foreign], DomainError | None]

_translations: dict[type[Exception], Translation[Any]] = {}


def register_translation(exception_class: type[Foreign], to: Translation[Foreign]) -> None:
    """Translate `exception_class` and its subclasses with `to` when a view raises them.

    The translation of a subclass takes precedence over that of its base class. If `to` returns None, the
    exception is not translated.
    """
    _translations[exception_class] = to


def translated(error: Exception) -> Exception:
    """Return the domain error that `error` is translated to; without a translation, `error` itself."""
    for exception_class in type(error).__mro__:
        translation = _translations.get(exception_class)
        if translation is not None:
            return translation(error) or error
    return error
