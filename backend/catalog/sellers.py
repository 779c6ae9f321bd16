"""The public profiles of sellers."""

from dataclasses import dataclass
from datetime import date

from backend.accounts.models import User
from backend.catalog.errors import SellerNotFound
from backend.catalog.models import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The public part of a seller's account, without phone, e-mail address or date of birth."""

    id: int
    name: str
    since: date
    product_count: int


def public_seller(seller_id: int) -> Seller:
    """Return a seller, or a member of staff who sells.

    Raises:
        SellerNotFound: the account doesn't exist, is closed, or is neither a seller's nor sells anything.
    """
    user = User.objects.filter(pk=seller_id, is_active=True).first()
    product_count = Product.objects.listed().filter(seller=user).count() if user else 0
    if user is None or not (user.is_seller or product_count):
        raise SellerNotFound(seller_id=seller_id)
    return Seller(
        id=user.pk, name=user.get_full_name(), since=user.date_joined.date(), product_count=product_count
    )
