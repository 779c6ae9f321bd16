"""Fields that the serializers of several apps share."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_attribute

from backend.api import money

LARGEST_ID = 2**63 - 1


class Choice(serializers.ChoiceField):
    """A choice whose error lists the allowed values."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        """Raise the error `key`; for an invalid choice, list the allowed values."""
        if key == "invalid_choice":
            allowed = ", ".join(str(choice) for choice in self.choices)
            raise serializers.ValidationError(f"{kwargs['input']!r} is not one of: {allowed}.", code=key)
        return super().fail(key, **kwargs)


class Identifier(serializers.IntegerField):
    """The primary key of a row."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


class DecimalInput(serializers.DecimalField):
    """A decimal number in a request."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Refuse empty text, which the base class takes for null."""
        return serializers.Field.validate_empty_values(self, data)


class MoneyInput(DecimalInput):
    """An amount of money in a request, 0 or more.

    The number of decimal places depends on the currency, so the service that knows the currency checks it.
    """

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(max_digits=16, decimal_places=money.MAX_EXPONENT, min_value=Decimal(0), **options)


class CurrencyCode(serializers.CharField):
    """An ISO 4217 currency code in a request, in any case."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(min_length=3, max_length=3, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the code in capitals; refuse an unknown one."""
        code = super().to_internal_value(data).upper()
        if code not in money.EXPONENTS:
            raise serializers.ValidationError(f"{data!r} is not an ISO 4217 currency code, such as EUR.")
        return code


@extend_schema_field({"type": "string", "format": "decimal", "example": "89.00"})
class MoneyOutput(serializers.Field[Any, Any, str, Any]):
    """An amount of money in a response, with the decimal places of its currency.

    `currency` is the path of the attribute that holds the currency, as `source` is the path of the amount.
    """

    def __init__(self, *, currency: str = "currency", **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(read_only=True, **options)
        self.currency_path = currency.split(".")

    def get_attribute(self, instance: Any) -> tuple[Decimal, str | None] | None:
        """Return the amount and its currency; None if there is no amount."""
        amount: Any = super().get_attribute(instance)
        return None if amount is None else (amount, get_attribute(instance, self.currency_path))

    def to_representation(self, value: tuple[Decimal, str | None]) -> str:
        """Return the amount as text; without a currency (an empty cart), use the shop's."""
        amount, currency = value
        return money.written(amount, currency=currency or settings.DEFAULT_CURRENCY)
