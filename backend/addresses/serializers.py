"""Serializers for addresses."""

from typing import Any, ClassVar

from rest_framework import serializers

from backend.addresses.errors import InvalidAddress
from backend.addresses.models import Address
from backend.addresses.validation import FIELDS, normalised
from backend.api.parameters import Body
from backend.api.text import Text

ADDRESS = {
    "name": "John Doe",
    "street": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
}


class AddressSerializer(Body):
    """A postal address. Which fields it needs, and the format of its postal code, depend on the country."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **ADDRESS,
        "company": "Kupfer & Co",
        "street2": "Apt. 4",
        "phone": "+12125550100",
        "vat_number": "DE123456789",
    }

    name = Text(max_length=200, required=False, allow_blank=True)
    company = Text(max_length=200, required=False, allow_blank=True)
    street = Text(max_length=300)
    street2 = Text(max_length=300, required=False, allow_blank=True)
    city = Text(max_length=120, required=False, allow_blank=True, help_text="Required in most countries.")
    state = Text(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="The code or name of a state or province, in countries where addresses have one. By "
        "default that of the postal code.",
    )
    postal_code = Text(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="Required in countries whose addresses have one.",
    )
    country = Text(
        max_length=80,
        help_text="An ISO 3166 code of two or three letters or a name; stored as the code of two letters.",
    )
    phone = Text(
        max_length=32,
        required=False,
        allow_blank=True,
        help_text="With or without the country code; stored in E.164 if it is a valid number.",
    )
    vat_number = Text(
        max_length=30, required=False, allow_blank=True, help_text="Only its format is checked."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the normalised address, without empty fields."""
        address = {name: attrs[name] for name in FIELDS if name in attrs}
        others = {name: value for name, value in attrs.items() if name not in FIELDS}
        try:
            return {**normalised(address), **others}
        except InvalidAddress as error:
            raise serializers.ValidationError(error.faults) from error


class SavedAddressInputSerializer(AddressSerializer):
    """An address for the address book."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"is_default_shipping": True, "is_default_billing": False}

    is_default_shipping = serializers.BooleanField(
        required=False, default=False, help_text="Whether to make it the default for shipping."
    )
    is_default_billing = serializers.BooleanField(
        required=False, default=False, help_text="Whether to make it the default for invoices."
    )


class SavedAddressSerializer(serializers.ModelSerializer[Address]):
    """An address in the address book; fields without a value are empty."""

    EXAMPLE = {
        **AddressSerializer.EXAMPLE,
        "id": 1,
        "is_default_shipping": True,
        "is_default_billing": False,
    }

    class Meta:
        model = Address
        fields = ["id", *FIELDS, "is_default_shipping", "is_default_billing", "created_at", "updated_at"]
        read_only_fields = fields


class DeletedAddressSerializer(serializers.Serializer[Any]):
    """The id of the deleted address."""

    id = serializers.IntegerField()
