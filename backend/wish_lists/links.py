"""The links by which others read a shared wish list."""

from django.core import signing

from backend.wish_lists.errors import WishListNotFound
from backend.wish_lists.models import WishList

_SALT = "backend.wish_lists.links"


def link_token(wish_list: WishList) -> str | None:
    """Return the token of the list's link; None if the list isn't shared."""
    if not wish_list.is_shared:
        return None
    return _signer().sign_object([wish_list.pk, wish_list.link_number])


def shared_list(token: str) -> WishList:
    """Return the shared list that the token belongs to.

    Raises:
        WishListNotFound: the token was not made here, the link was withdrawn, or the list was deleted.
    """
    try:
        list_id, number = _signer().unsign_object(token)
        key, number = int(list_id), int(number)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise WishListNotFound from error
    found = WishList.objects.filter(pk=key, link_number=number, is_shared=True).first()
    if found is None:
        raise WishListNotFound
    return found


def _signer() -> signing.Signer:
    return signing.Signer(sep=".", salt=_SALT)
