"""Permission classes by role and by area of staff."""

from functools import cache

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.errors import AreaRequired
from backend.api.owners import owner_of


class HasAccountOrCartToken(BasePermission):
    """Allows accounts, and guests with a cart token."""

    refuses_with_403 = False
    open_to_guests = True

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is logged in or sends a cart token.

        Raises:
            InvalidInput: the cart token is malformed.
        """
        return owner_of(request) is not None


class _AreaPermission(BasePermission):
    area: StaffArea
    sellers_too = False

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is allowed; False for guests, who can log in.

        Raises:
            AreaRequired: the caller has an account, but not the area.
        """
        user = request.user
        if not user.is_authenticated:
            return False
        if user.has_area(self.area) or (self.sellers_too and user.is_seller):
            return True
        raise AreaRequired(self.area, sellers_too=self.sellers_too)


@cache
def InArea(area: StaffArea) -> type[BasePermission]:  # noqa: N802 - used like the class that it returns
    """Return the permission class that allows staff with the area."""
    return type("InArea", (_AreaPermission,), {"area": area})


@cache
def SellerOrInArea(area: StaffArea) -> type[BasePermission]:  # noqa: N802 - as above
    """Return the permission class that allows sellers, and staff with the area."""
    return type("SellerOrInArea", (_AreaPermission,), {"area": area, "sellers_too": True})
