"""Formats amounts in reports for the API."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from analytics_pipeline.reports import ReportResult
from analytics_pipeline.reports.results import plain
from backend.api import money


def written_rows(result: ReportResult) -> list[dict[str, Any]]:
    """Return the rows by column name, with amounts in the decimal places of the currency of their row."""
    return [
        {**texts, **_amounts(record)} if record.get("currency") in money.EXPONENTS else texts
        for texts, record in zip(result.texts(), result.records(), strict=True)
    ]


def precise_row(columns: Sequence[str], row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the row with its amounts in the decimal places of the currency of this row."""
    currency = str(dict(zip(columns, row, strict=True)).get("currency"))
    if currency not in money.EXPONENTS:
        return tuple(map(plain, row))
    return tuple(
        Decimal(money.written(value, currency=currency)) if isinstance(value, Decimal) else value
        for value in row
    )


def _amounts(record: dict[str, Any]) -> dict[str, str]:
    currency = record["currency"]
    return {
        name: money.written(value, currency=currency)
        for name, value in record.items()
        if isinstance(value, Decimal)
    }
