"""The owner of a cart, of orders and of idempotency keys: a user, or a guest with a cart token."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from backend.api.errors import InvalidInput
from backend.api.schema import RequestHeader

CART_TOKEN_HEADER = "X-Cart-Token"  # noqa: S105 - the name of a header
TOKEN_BYTES = 32
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")
CART_TOKEN = RequestHeader(
    name=CART_TOKEN_HEADER,
    schema={"type": "string", "pattern": f"^{WELL_FORMED.pattern}$", "example": "q" * 43},
    description="A guest's secret token, from `cart_token` in the response to the guest's first change of a "
    "cart. The first request with an access token and a cart token moves the guest's cart to the account.",
)


@dataclass(frozen=True, slots=True)
class Owner:
    """A user, or a guest: `guest` is the SHA-256 of the cart token, in hexadecimal digits.

    The token itself is not stored.
    """

    user_id: int | None = None
    guest: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError unless exactly one of the two is given."""
        if (self.user_id is None) == (not self.guest):
            raise ValueError(f"an owner is a user or a guest, not {self.user_id!r} and {self.guest!r}")

    def columns(self) -> dict[str, Any]:
        """Return the values of the columns `user` and `guest` for this owner."""
        return {"user_id": self.user_id, "guest": self.guest}


def new_cart_token() -> str:
    """Return a random token of 256 bits, in base64url."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def guest_with(token: str) -> Owner:
    """Return the guest who has this cart token."""
    return Owner(guest=hashlib.sha256(token.encode()).hexdigest())


def guest_of(request: Request) -> Owner | None:
    """Return the guest whose token is in the header, or None without the header.

    Raises:
        InvalidInput: it is not a cart token.
    """
    token = request.headers.get(CART_TOKEN_HEADER)
    if token is None:
        return None
    if not WELL_FORMED.fullmatch(token):
        raise InvalidInput(**{CART_TOKEN_HEADER: "Must be the cart_token of an earlier response."})
    return guest_with(token)


def owner_of(request: Request) -> Owner | None:
    """Return the account, or else the guest, or None for a guest without a cart token.

    Raises:
        InvalidInput: the cart token is malformed.
    """
    guest = guest_of(request)
    return guest if request.user.pk is None else Owner(user_id=request.user.pk)
