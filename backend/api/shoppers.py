"""Who is shopping, as far as events are concerned: a random key, never a name."""

from dataclasses import dataclass
from uuid import UUID

from rest_framework.request import Request

from backend.api.errors import InvalidInput

ANONYMOUS_HEADER = "X-Anonymous-Id"


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
    if request.user.is_authenticated:
        return Shopper(key=request.user.shopper_key, user_id=request.user.pk)
    return Shopper(key=anonymous_id(request))


def anonymous_id(request: Request) -> UUID | None:
    """Return the UUID of the header X-Anonymous-Id; None where it wasn't sent.

    Raises:
        InvalidInput: it is no UUID, or the nil one, which stands for nobody.
    """
    raw = request.headers.get(ANONYMOUS_HEADER)
    if not raw:
        return None
    try:
        key = UUID(raw)
    except ValueError as error:
        raise InvalidInput(**{ANONYMOUS_HEADER: "Must be a UUID."}) from error
    if not key.int:
        raise InvalidInput(**{ANONYMOUS_HEADER: "The nil UUID is nobody's; mint a random one."})
    return key
