"""The permissions of Django's framework, derived from the areas of staff."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend

from backend.accounts.models import User


class StaffAreaBackend(BaseBackend):
    """Grants the permissions of an app's models to staff with the area of the app.

    `STAFF_AREAS_OF_APPS` has the area of each app; models of any other app are for admins. It verifies no
    passwords: only `backend.accounts.services` does, which counts wrong ones.
    """

    def get_user(self, user_id: int) -> User | None:
        """Return the active user with this id."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        """Return whether the user has a permission such as `catalog.change_product`."""
        app_label, _, _ = perm.partition(".")
        return self.has_module_perms(user_obj, app_label)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Return whether the user has the area of the app."""
        if not (isinstance(user_obj, User) and user_obj.is_active):
            return False
        area = settings.STAFF_AREAS_OF_APPS.get(app_label)
        return user_obj.is_admin if area is None else user_obj.has_area(area)
