"""Columns of UUIDs are encoded as clickhouse-connect encodes them."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.insert import InsertContext
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_pipeline.uuid_columns import PackedUUID, packed

UUID_TYPE = get_from_name("UUID")


def encoded(type_: ClickHouseType, column: Sequence[object]) -> bytes:
    written = bytearray(b"before")
    context = InsertContext("t", ["c"], [type_], [column], column_oriented=True)
    type_.write_column(column, written, context)
    return bytes(written)


@settings(deadline=None)
@given(st.lists(st.uuids(allow_nil=True), min_size=1))
def test_uuids_are_encoded_as_clickhouse_connect_encodes_them(column: list[UUID]) -> None:
    (type_,) = packed([UUID_TYPE])
    assert isinstance(type_, PackedUUID)
    assert encoded(type_, column) == encoded(UUID_TYPE, column)


@pytest.mark.parametrize("value", [str(UUID(int=7)), 7, UUID(int=7).bytes])
def test_other_values_of_a_uuid_are_encoded_too(value: object) -> None:
    (type_,) = packed([UUID_TYPE])
    assert encoded(type_, [value, value]) == encoded(type_, [UUID(int=7)] * 2)


def test_a_value_that_is_no_uuid_is_refused_and_writes_nothing() -> None:
    (type_,) = packed([UUID_TYPE])
    with pytest.raises(AttributeError):
        encoded(type_, [UUID(int=7), "7"])


def test_other_types_stay_as_they_are() -> None:
    others = [get_from_name(name) for name in ("Nullable(UUID)", "Array(UUID)", "UInt64")]
    assert packed(others) == others
