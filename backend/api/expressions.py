"""Database expressions that several apps use."""

from collections.abc import Mapping

from django.db.models import Case, IntegerField, Value, When


def number_by_key(numbers: Mapping[int, int]) -> Case:
    """Return an expression whose value is `numbers[pk]`, to update many rows in one statement."""
    whens = [When(pk=key, then=Value(number)) for key, number in sorted(numbers.items())]
    return Case(*whens, output_field=IntegerField())
