"""Tables of a report or a query, as Arrow and as data frames."""

import io
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_UUID_BYTES = 16
_LARGEST = 2**63 - 1


def read_parquet(content: bytes) -> "pa.Table":
    """Return the table in a Parquet file of ClickHouse."""
    # Only notebooks need it, and it takes 0.3 s.
    import pyarrow.parquet as pq  # noqa: PLC0415

    return pq.read_table(io.BytesIO(content))


def to_frame(table: "pa.Table", *, exact: bool) -> "pd.DataFrame":
    """Return the table as a data frame: dates and times as datetime64, UUIDs as texts.

    Amounts are float64, so that they can be plotted, or exact decimals (objects) if `exact`. Counts are
    int64, because differences of unsigned numbers would wrap around.
    """
    for place, name in enumerate(table.column_names):
        table = table.set_column(place, name, _converted(table.column(place), exact=exact))
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def _converted(values: "pa.ChunkedArray", *, exact: bool) -> "pa.ChunkedArray | pa.Array":
    import pyarrow as pa  # noqa: PLC0415 - as above
    import pyarrow.compute  # noqa: PLC0415

    kind = values.type
    if pa.types.is_decimal(kind) and not exact:
        return values.cast(pa.float64())
    if getattr(kind, "storage_type", kind) == pa.binary(_UUID_BYTES):
        return pa.array([_uuid(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_unsigned_integer(kind) and (pa.compute.max(values).as_py() or 0) <= _LARGEST:
        return values.cast(pa.int64())
    return values


def _uuid(value: bytes | UUID | None) -> str | None:
    if value is None:
        return None
    return str(UUID(bytes=value) if isinstance(value, bytes) else value)
