"""The API's description of events, which is generated from their types."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import inspect

from analytics_pipeline.events import CLIENT_TYPES
from backend.tracking.serializers import EventsSerializer, field_of


def described() -> dict[str, Any]:
    return EventsSerializer().fields["events"].child.serializers  # type: ignore[attr-defined,no-any-return]


def test_every_type_that_clients_send_is_described_with_every_field() -> None:
    assert {tag: set(kind().fields) for tag, kind in described().items()} == {
        str(kind.__struct_config__.tag): {"type", *kind.__struct_fields__} for kind in CLIENT_TYPES
    }


def test_bounds_and_required_fields_are_described_as_they_are_checked() -> None:
    fields = described()["cart_add"]().fields
    assert (fields["quantity"].min_value, fields["quantity"].max_value) == (1, 100_000)
    assert (fields["product_id"].required, fields["quantity"].required) == (True, False)
    assert described()["search"]().fields["query"].max_length == 500


def test_a_field_type_without_a_serializer_is_refused_at_import() -> None:
    kind = inspect.type_info(Annotated[set[int], msgspec.Meta(max_length=3)])
    with pytest.raises(TypeError, match="no serializer describes"):
        field_of(kind)
