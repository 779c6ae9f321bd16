"""The renderer of JSON responses."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from rest_framework.renderers import JSONRenderer

from backend.api.renderers import FastJSONRenderer


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"text": "Büro \u2028 ❤", "none": None, "number": 1.5, "flag": True, "list": [1, "2"]},
        {1: "a key that is not a string", "id": UUID(int=7), "price": Decimal("1.50")},
        {"at": datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)},
        {"beyond 64 bits": 2**70},
    ],
)
def test_the_output_is_equivalent_to_that_of_the_framework(data: object) -> None:
    ours, theirs = FastJSONRenderer().render(data), JSONRenderer().render(data)

    assert ours == theirs == b"" or json.loads(ours) == json.loads(theirs)


def test_indented_json_can_be_requested() -> None:
    rendered = FastJSONRenderer().render({"a": 1}, "application/json; indent=2")

    assert rendered == b'{\n  "a": 1\n}'
