"""Who may: the roles as DRF permissions."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsStaff(BasePermission):
    """Those who run the shop."""

    message = "Only staff may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller is staff."""
        return bool(request.user.is_authenticated and request.user.is_admin)


class IsSellerOrStaff(BasePermission):
    """Those who sell, and those who run the shop."""

    message = "Only sellers and staff may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller is a seller or staff."""
        return bool(request.user.is_authenticated and (request.user.is_admin or request.user.is_seller))
