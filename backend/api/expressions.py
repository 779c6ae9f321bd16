"""Database expressions that several rooms use."""

from collections.abc import Mapping

from django.db.models import Case, IntegerField, Value, When


def number_by_key(numbers: Mapping[int, int]) -> Case:
    """Return the expression that is `numbers[pk]` on the row `pk`, to change many rows in one UPDATE."""
    whens = [When(pk=key, then=Value(number)) for key, number in sorted(numbers.items())]
    return Case(*whens, output_field=IntegerField())
