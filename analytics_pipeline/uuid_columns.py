"""Encodes columns of UUIDs for inserts.

clickhouse-connect encodes them value by value, which takes longer than all other columns of an event.
"""

from array import array
from collections.abc import MutableSequence, Sequence
from typing import Any

from clickhouse_connect.datatypes import special
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.driver.insert import InsertContext


class PackedUUID(special.UUID, registered=False):
    """The type UUID, which writes the same bytes as clickhouse-connect's own in a fifth of the time."""

    def _write_column_binary(
        self, column: Sequence[Any] | MutableSequence[Any], dest: bytearray, ctx: InsertContext
    ) -> None:
        try:
            numbers = b"".join([value.int.to_bytes(16) for value in column])
        except AttributeError:
            # Strings, integers, bytes or None.
            super()._write_column_binary(column, dest, ctx)
            return
        # ClickHouse keeps a UUID as two little-endian integers of 64 bits, the first half first.
        halves = array("Q", numbers)
        halves.byteswap()
        dest += halves.tobytes()


def packed(types: Sequence[ClickHouseType]) -> list[ClickHouseType]:
    """Return the columns' types with PackedUUID in place of each plain UUID."""
    return [
        PackedUUID(type_.type_def) if type(type_) is special.UUID and not type_.wrappers else type_
        for type_ in types
    ]
