"""Cart queries."""

from backend.carts.contents import Contents, contents_of
from backend.carts.models import CartItem


def cart_contents(user_id: int) -> Contents:
    """Return the contents of the customer's cart at current prices (1 query); empty without a cart."""
    items = CartItem.objects.filter(cart__user=user_id).select_related("variant__product__category")
    return contents_of(list(items))
