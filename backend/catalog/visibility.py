"""Permissions to see and to change a product."""

from typing import NamedTuple

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.catalog.errors import ProductNotFound


class Ownership(NamedTuple):
    """The columns of an existing product that decide who may see and change it."""

    seller_id: int
    is_active: bool

    def is_changeable_by(self, user: object) -> bool:
        """Return whether `user` is the product's seller or staff."""
        if not isinstance(user, User):
            return False
        return user.pk == self.seller_id or user.has_area(StaffArea.CATALOGUE)

    def is_visible_to(self, user: object) -> bool:
        """Return whether the product is active, or `user` may change it."""
        return self.is_active or self.is_changeable_by(user)


def require_visible(product_id: int, *, ownership: Ownership, user: object) -> None:
    """Refuse access to a product that `user` may not see, as if it didn't exist.

    Raises:
        ProductNotFound: the product is inactive, and `user` may not change it.
    """
    if not ownership.is_visible_to(user):
        raise ProductNotFound(product_id=product_id)
