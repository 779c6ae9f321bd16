"""Shipping queries."""

from backend.shipping.errors import ShippingMethodNotFound
from backend.shipping.models import ShippingMethod


def shipping_method_for(shipping_method_id: int) -> ShippingMethod:
    """Return a shipping method.

    Raises:
        ShippingMethodNotFound: it doesn't exist.
    """
    method = ShippingMethod.objects.filter(pk=shipping_method_id).first()
    if method is None:
        raise ShippingMethodNotFound(shipping_method_id=shipping_method_id)
    return method
