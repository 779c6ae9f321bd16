"""Who is shopping, as far as events are concerned: a random key, never a name."""

from dataclasses import dataclass
from uuid import UUID

from rest_framework.request import Request

from backend.api.errors import InvalidInput
from backend.api.schema import RequestHeader

ANONYMOUS_HEADER = "X-Anonymous-Id"
ANONYMOUS_ID = RequestHeader(
    name=ANONYMOUS_HEADER,
    schema={"type": "string", "format": "uuid", "example": "9b2f8c1e-6a57-4b0c-9c39-5d1b0f6d2a77"},
    description="A guest's random UUID, the same in all requests of one browser. An access token takes "
    "precedence.",
)


@dataclass(frozen=True, slots=True)
class Shopper:
    """`key` stands for the person in the warehouse; None where a guest sent no anonymous id."""

    key: UUID | None
    user_id: int | None = None


def shopper_of(request: Request) -> Shopper:
    """Return the account's shopper, else the guest whose anonymous id came in the header.

    Raises:
        InvalidInput: the anonymous id is no UUID, or the nil one.
    """
    # Also with an account, so that one browser's requests fail or succeed alike before and after logging in.
    guest = anonymous_id(request)
    if request.user.is_authenticated:
        return Shopper(key=request.user.shopper_key, user_id=request.user.pk)
    return Shopper(key=guest)


def anonymous_id(request: Request) -> UUID | None:
    """Return the UUID of the header X-Anonymous-Id; None where it wasn't sent.

    Raises:
        InvalidInput: it is no UUID, or the nil one, which stands for nobody.
    """
    raw = request.headers.get(ANONYMOUS_HEADER)
    if raw is None:
        return None
    try:
        key = UUID(raw)
    except ValueError as error:
        raise InvalidInput(**{ANONYMOUS_HEADER: "Must be a UUID."}) from error
    if not key.int:
        raise InvalidInput(**{ANONYMOUS_HEADER: "The nil UUID is nobody's; mint a random one."})
    return key
