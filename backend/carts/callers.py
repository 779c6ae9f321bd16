"""The owner of the cart that a request is about."""

from dataclasses import dataclass
from datetime import datetime

from rest_framework.request import Request

from backend.api.owners import Owner, guest_of, guest_with, new_cart_token, owner_of
from backend.carts.merging import MergedLine, merge


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The owner of the cart, None for a guest without a token.

    `token` is the token that the response gives to a new guest; `merged` are the lines of a guest's cart that
    the request moved to the account.
    """

    owner: Owner | None
    token: str | None = None
    merged: tuple[MergedLine, ...] = ()


def caller_of(request: Request, *, now: datetime) -> Caller:
    """Return the caller; if the request has both tokens, merge the guest's cart into the account's.

    Raises:
        InvalidInput: the cart token is malformed.
    """
    owner, guest = owner_of(request), guest_of(request)
    if owner is None or guest is None or owner == guest:
        return Caller(owner=owner)
    return Caller(owner=owner, merged=tuple(merge(guest, into=owner, now=now)))


def caller_with_token(request: Request, *, now: datetime) -> tuple[Caller, Owner]:
    """Return the caller and the owner, who is a new guest if the request has no token.

    Raises:
        InvalidInput: the cart token is malformed.
    """
    caller = caller_of(request, now=now)
    if caller.owner is not None:
        return caller, caller.owner
    token = new_cart_token()
    owner = guest_with(token)
    return Caller(owner=owner, token=token), owner
