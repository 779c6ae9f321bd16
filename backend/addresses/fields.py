"""Fields for parts of addresses."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.addresses.countries import country_code


@extend_schema_field({"type": "string", "maxLength": 80, "example": "US"})
class CountryInput(serializers.CharField):
    """A country by an ISO 3166 code or its name; the value is the code of two letters."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(max_length=80, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the code of two letters.

        Raises:
            ValidationError: there is no such country.
        """
        code = country_code(super().to_internal_value(data))
        if code is None:
            raise serializers.ValidationError("Must be a country: an ISO 3166 code, such as US, or a name.")
        return code
