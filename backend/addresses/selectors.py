"""Address queries."""

from django.db.models import QuerySet

from backend.addresses.errors import AddressNotFound
from backend.addresses.models import Address


def addresses_of(user_id: int) -> QuerySet[Address]:
    """Return the customer's addresses, oldest first."""
    return Address.objects.filter(user_id=user_id)


def address_for(address_id: int, *, user_id: int) -> Address:
    """Return an address of the customer.

    Raises:
        AddressNotFound: it doesn't exist, or is another customer's.
    """
    address = addresses_of(user_id).filter(pk=address_id).first()
    if address is None:
        raise AddressNotFound(address_id=address_id)
    return address
