"""Who sends a request about an order."""

from rest_framework.request import Request

from backend.accounts.authentication import account_of
from backend.api.owners import guest_of
from backend.orders.selectors import Viewer, has_order


def viewer_of(request: Request) -> Viewer:
    """Return the account, or else the guest.

    Raises:
        NotAuthenticated: the caller has neither an account nor a cart token.
        InvalidInput: the cart token is malformed.
    """
    guest = guest_of(request)
    return account_of(request) if guest is None or request.user.is_authenticated else guest


def owns_order(request: Request, order_number: str) -> bool:
    """Return whether the caller placed the order with this number, or is staff."""
    if not request.user.is_authenticated and guest_of(request) is None:
        return False
    return has_order(order_number, viewer=viewer_of(request))
