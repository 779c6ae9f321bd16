"""Who may see a payment: staff, and the owner of the order, whom a higher-level app identifies."""

from collections.abc import Callable

from rest_framework.request import Request

from backend.accounts.areas import StaffArea

OwnerCheck = Callable[[Request, str], bool]

_owner_checks: list[OwnerCheck] = []


def register_owner_check(check: OwnerCheck) -> None:
    """Register `check`, which decides whether a request comes from the owner of an order, by its number."""
    _owner_checks[:] = [check]


def may_see(request: Request, *, order_number: str) -> bool:
    """Return whether the caller is staff or owns the order."""
    if request.user.is_authenticated and request.user.has_area(StaffArea.PAYMENTS):
        return True
    return any(check(request, order_number) for check in _owner_checks)
