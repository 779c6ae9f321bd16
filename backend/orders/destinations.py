"""The addresses that a request names: given in full, or by their ids in the customer's address book."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.addresses.errors import AddressNotFound
from backend.addresses.selectors import address_for
from backend.addresses.serializers import AddressSerializer
from backend.api.fields import LARGEST_ID, Identifier
from backend.api.owners import Owner
from backend.api.parameters import Body

FULL, BY_ID = "shipping_address", "shipping_address_id"


@extend_schema_field(
    # Examples leave out an alternative (backend.api.schema.examples).
    {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID, "x-alternative-to": FULL}
)
class AddressId(Identifier):
    """The id of an address in the customer's address book."""


class ShippingAddressBody(Body):
    """A body with a shipping address, either in full or by its id."""

    shipping_address = AddressSerializer(required=False, help_text="This or `shipping_address_id`.")
    shipping_address_id = AddressId(
        required=False, help_text="An address of the customer's address book, instead of `shipping_address`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require exactly one of both."""
        if FULL in attrs and BY_ID in attrs:
            raise serializers.ValidationError({BY_ID: f"Send either this or {FULL}."})
        if FULL not in attrs and BY_ID not in attrs:
            raise serializers.ValidationError({FULL: f"Send an address, or {BY_ID}."})
        return attrs


def with_shipping_address(body: dict[str, Any], *, owner: Owner) -> dict[str, Any]:
    """Return the body with the address in full.

    Raises:
        AddressNotFound: the owner's address book has no address with the id.
    """
    if BY_ID not in body:
        return body
    address_id = body[BY_ID]
    if owner.user_id is None:
        raise AddressNotFound(address_id=address_id)
    others = {name: value for name, value in body.items() if name != BY_ID}
    return {**others, FULL: address_for(address_id, user_id=owner.user_id).fields}
