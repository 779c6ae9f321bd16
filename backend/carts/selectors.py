"""Reading carts."""

from backend.carts.contents import Contents, contents_of
from backend.carts.models import CartItem


def cart_contents(user_id: int) -> Contents:
    """Return what is in the customer's cart at today's prices (1 query); nothing where there is no cart."""
    items = CartItem.objects.filter(cart__user=user_id).select_related("variant__product__category")
    return contents_of(list(items))
