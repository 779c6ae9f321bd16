"""Cart queries."""

from django.db.models import QuerySet

from backend.api.owners import Owner
from backend.carts.contents import Contents, contents_of
from backend.carts.models import Cart, CartItem


def cart_of(owner: Owner) -> QuerySet[Cart]:
    """Return the owner's cart, if there is one."""
    return Cart.objects.filter(**owner.columns())


def cart_contents(owner: Owner) -> Contents:
    """Return the contents of the owner's cart at current prices (1 query); empty without a cart."""
    items = CartItem.objects.filter(
        **{f"cart__{name}": value for name, value in owner.columns().items()}
    ).select_related("variant__product__category")
    return contents_of(list(items))
