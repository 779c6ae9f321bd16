"""Permissions by role."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.api.owners import owner_of


class HasAccountOrCartToken(BasePermission):
    """Allows accounts, and guests with a cart token."""

    refuses_with_403 = False

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is logged in or sends a cart token.

        Raises:
            InvalidInput: the cart token is malformed.
        """
        return owner_of(request) is not None


class IsStaff(BasePermission):
    """Allows staff only."""

    message = "Only staff may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is staff."""
        return bool(request.user.is_authenticated and request.user.is_admin)


class IsSellerOrStaff(BasePermission):
    """Allows sellers and staff only."""

    message = "Only sellers and staff may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is a seller or staff."""
        return bool(request.user.is_authenticated and (request.user.is_admin or request.user.is_seller))
