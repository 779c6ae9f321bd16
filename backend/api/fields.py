"""Fields that several rooms' serializers share."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

LARGEST_ID = 2**63 - 1


class Choice(serializers.ChoiceField):
    """A choice whose error names what is allowed."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        """Raise the error of `key`, naming the choices where the value is not one of them."""
        if key == "invalid_choice":
            allowed = ", ".join(str(choice) for choice in self.choices)
            raise serializers.ValidationError(f"{kwargs['input']!r} is not one of: {allowed}.", code=key)
        return super().fail(key, **kwargs)


class Identifier(serializers.IntegerField):
    """The id of a row."""

    def __init__(self, **options: Any) -> None:
        """Take a field's ordinary options."""
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


class Money(serializers.DecimalField):
    """An amount of money, never negative, to the cent."""

    def __init__(self, **options: Any) -> None:
        """Take a field's ordinary options."""
        super().__init__(max_digits=12, decimal_places=2, min_value=Decimal(0), **options)
