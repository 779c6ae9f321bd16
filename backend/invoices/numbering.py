"""Numbers documents without gaps: a number exists only if its document is committed.

A sequence of the database would leave a gap for each transaction that is rolled back. Instead, each series
has a row with its last number, which is locked before the orders are read and until the documents are
committed, so transactions that issue documents run one after another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from backend.invoices.models import InvoiceKind, NumberSeries

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A number, its series, and the day of its document."""

    text: str
    series: NumberSeries
    in_series: int
    issued_on: date


class Numbers:
    """The counters of the series of a year, locked by the caller's transaction."""

    def __init__(self, series: dict[str, NumberSeries], *, day: date) -> None:
        """Number documents of `day` from the locked `series`, which are given by name."""
        self._series = series
        self._day = day

    @classmethod
    def locked(cls, day: date) -> "Numbers":
        """Lock the series of invoices and of credit notes; create them for the first document of a year."""
        names = {series_name(kind, year=day.year) for kind in InvoiceKind}
        found = _locked(names)
        if missing := names - found.keys():
            NumberSeries.objects.bulk_create(
                [NumberSeries(name=name) for name in sorted(missing)], ignore_conflicts=True
            )
            found = _locked(names)
        return cls(found, day=day)

    def next(self, kind: InvoiceKind) -> Number:
        """Return the next number; `store` must follow in the same transaction.

        Days never descend within a series, also if the clocks of two processes differ.
        """
        series = self._series[series_name(kind, year=self._day.year)]
        series.last_number += 1
        series.last_issued_on = max(filter(None, (self._day, series.last_issued_on)))
        return Number(
            text=f"{series.name}-{series.last_number:0{DIGITS}d}",
            series=series,
            in_series=series.last_number,
            issued_on=series.last_issued_on,
        )

    def store(self) -> None:
        """Store the counters."""
        NumberSeries.objects.bulk_update(self._series.values(), ["last_number", "last_issued_on"])


def series_name(kind: InvoiceKind, *, year: int) -> str:
    """Return the name of a series, with which its numbers begin: `INV-2026`."""
    prefix = settings.INVOICE_PREFIX if kind == InvoiceKind.INVOICE else settings.CREDIT_NOTE_PREFIX
    return f"{prefix}-{year}"


def _locked(names: Iterable[str]) -> dict[str, NumberSeries]:
    rows = NumberSeries.objects.select_for_update().filter(name__in=names).order_by("name")
    return {row.name: row for row in rows}
