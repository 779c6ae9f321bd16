"""The values of a body must have the JSON types of their fields; they are not converted."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from backend.api.fields import Choice, DecimalInput, Identifier, MoneyInput
from backend.api.json_types import type_errors
from backend.api.parameters import Body
from tests.backend.api.schema.document import operations
from tests.backend.api.test_numbers import NOT_NUMBERS


class AllTypesSerializer(Body):
    flag = serializers.BooleanField(required=False)
    count = Identifier(required=False)
    share = serializers.FloatField(required=False)
    price = MoneyInput(required=False)
    note = serializers.CharField(required=False)
    kind = Choice(choices=["1", "a"], required=False)
    day = serializers.DateField(required=False)
    exposure = serializers.UUIDField(required=False, allow_null=True)
    names = serializers.ListField(child=serializers.CharField(), required=False)
    texts = serializers.DictField(child=serializers.CharField(), required=False)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("flag", 1),
        ("flag", "yes"),
        ("count", "1"),
        ("count", True),
        ("share", "0.5"),
        ("share", False),
        ("price", True),
        ("note", 0),
        ("note", False),
        ("kind", 1),
        ("day", 20260302),
        ("exposure", False),
        ("exposure", 0),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, wrong: object) -> None:
    serializer = AllTypesSerializer(data={field: wrong})

    assert not serializer.is_valid()
    [message] = serializer.errors[field]
    assert str(message).startswith("Must be ")


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_text_that_only_python_parses_as_a_number_is_not_an_amount(text: str) -> None:
    serializer = AllTypesSerializer(data={"price": text})

    assert not serializer.is_valid()
    assert serializer.errors["price"] == ["Must be a number in the digits 0 to 9, such as 12.50."]


@pytest.mark.parametrize("allow_null", [False, True])
@pytest.mark.parametrize("text", ["", " "])
def test_empty_text_is_neither_an_amount_nor_null(text: str, allow_null: bool) -> None:
    amount = MoneyInput(allow_null=allow_null)

    with pytest.raises(serializers.ValidationError):
        amount.run_validation(text)

    if allow_null:
        assert amount.run_validation(None) is None


def bodies(base: type[Body] = Body) -> Iterator[type[Body]]:
    for serializer in base.__subclasses__():
        yield serializer
        yield from bodies(serializer)


def test_no_body_takes_empty_text_for_null_in_a_decimal_field() -> None:
    operations()  # imports all views
    fields = [
        (serializer.__name__, name, field)
        for serializer in bodies()
        if serializer.__module__.startswith("backend.")
        for name, field in serializer().fields.items()
        if isinstance(field, serializers.DecimalField)
    ]
    assert len(fields) > 10
    assert [(body, name) for body, name, field in fields if not isinstance(field, DecimalInput)] == []


@pytest.mark.parametrize(
    ("field", "wrong", "position"), [("names", ["a", 1], 1), ("texts", {"size": 1, "colour": "red"}, "size")]
)
def test_an_element_of_another_type_is_named(field: str, wrong: object, position: object) -> None:
    serializer = AllTypesSerializer(data={field: wrong})

    assert not serializer.is_valid()
    assert serializer.errors[field] == {position: ["Must be a string."]}


@pytest.mark.parametrize(
    "valid",
    [
        {"flag": True, "count": 1, "share": 1, "price": "1.50", "note": "0", "kind": "1"},
        {"count": 1.0, "share": 0.5, "price": 1.5, "day": "2026-03-02", "exposure": None},
        {"price": 2, "names": ["a"], "texts": {"size": "M"}},
    ],
)
def test_a_value_of_the_fields_type_is_accepted(valid: dict[str, Any]) -> None:
    assert AllTypesSerializer(data=valid).is_valid()


def test_a_list_is_refused_where_a_string_is_expected() -> None:
    assert type_errors(serializers.CharField(), ["a"]) == ["Must be a string."]
