"""Permissions of the admin's pages."""

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest

from backend.api.service_admin.operations import Values


class AreaPermissions:
    """Permissions of pages: staff with the area may see the rows, and change them if there is a service."""

    area: ClassVar[str]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the app is listed."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area."""
        user: Any = request.user
        return bool(user.is_authenticated and user.has_area(self.area))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be created."""
        return self._offers("create") and self.has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be changed."""
        return self._offers("change") and self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be removed."""
        return self._offers("remove") and self.has_view_permission(request, obj)

    def create(self, request: HttpRequest, values: Values) -> Model:
        """Create a row with the values of the form; a page that doesn't override this offers no creation."""
        raise NotImplementedError

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change the row, whose fields have been set in memory only; otherwise the page is read-only."""
        raise NotImplementedError

    def remove(self, request: HttpRequest, row: Any) -> None:
        """Remove the row; a page that doesn't override this offers no removal."""
        raise NotImplementedError

    def _offers(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(AreaPermissions, method)
