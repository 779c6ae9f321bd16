"""Checks the types of values in a JSON body.

The fields of Django REST Framework also read forms, so they convert values: the number 0 to the text "0",
`false` to the nil UUID, the text "yes" to true. In a JSON body, such a value is a mistake of the client.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from backend.api.numbers import is_number

Field = serializers.Field[Any, Any, Any, Any]

_NUMERIC = (serializers.IntegerField, serializers.FloatField, serializers.DecimalField)
_NOT_A_NUMBER = "Must be a number in the digits 0 to 9, such as 12.50."
_TEXTS = (
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.UUIDField,
)
# The first row that contains a class of the field applies.
_TYPES: tuple[tuple[tuple[type[Field], ...], tuple[type, ...], str], ...] = (
    ((serializers.BooleanField,), (bool,), "Must be true or false."),
    # JSON has a single number type, in which 1.0 is a whole number; the field itself refuses 1.5.
    ((serializers.IntegerField,), (int, float), "Must be a whole number."),
    ((serializers.FloatField,), (int, float), "Must be a number."),
    ((serializers.DecimalField,), (int, float, str), "Must be a number, or a number in a string."),
    (_TEXTS, (str,), "Must be a string."),
)


def type_errors(field: Field, value: object) -> Any:
    """Return error messages if `value` has a JSON type that `field` doesn't accept; otherwise None.

    For a list or an object the messages are those of its elements, by index or name.
    """
    match field:
        case _ if value is None:
            # The field itself checks whether null is allowed.
            return None
        case serializers.ListField() if isinstance(value, list):
            return _of_elements(field.child, dict(enumerate(value)))
        case serializers.DictField() if isinstance(value, Mapping):
            return _of_elements(field.child, value)
        case _:
            return _of_value(field, value)


def number_errors(field: Field, values: Sequence[object]) -> list[str] | None:
    """Return error messages if one of `values` is text that isn't a number by `is_number`; otherwise None.

    `field` is a numeric field, or a list of them; other fields have no such errors. An empty text is left to
    the field itself.
    """
    numeric = field.child if isinstance(field, serializers.ListField) else field
    if not isinstance(numeric, _NUMERIC):
        return None
    wrong = any(isinstance(value, str) and value and not is_number(value) for value in values)
    return [_NOT_A_NUMBER] if wrong else None


def _of_elements(child: Field, values: Mapping[Any, object]) -> dict[Any, Any] | None:
    errors = {key: found for key, value in values.items() if (found := type_errors(child, value))}
    return errors or None


def _of_value(field: Field, value: object) -> list[str] | None:
    for classes, types, message in _TYPES:
        if isinstance(field, classes):
            right = isinstance(value, types) and (bool in types or not isinstance(value, bool))
            return number_errors(field, [value]) if right else [message]
    return None
