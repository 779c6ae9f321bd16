"""What the shop reports about a purchase, compared with what it must be."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from examples.purchase.client import DEADLINE_SECONDS, PAUSE_SECONDS, Client, UnexpectedResponse
from examples.purchase.scene import Scene

HEADINGS = ("lamp", "returned", "cushion", "returned", "query", "returned", "captured", "refunded")


@dataclass(frozen=True)
class Figures:
    """Amounts of the reports `sales` (as each seller sees it) and `exposure_revenue` (of the query).

    `captured` and `refunded` are those of the order's payment, with tax and shipping.
    """

    lamp_gross: Decimal = Decimal(0)
    lamp_returns: Decimal = Decimal(0)
    cushion_gross: Decimal = Decimal(0)
    cushion_returns: Decimal = Decimal(0)
    query_gross: Decimal = Decimal(0)
    query_returns: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


@dataclass
class Reporter:
    """Reads the figures after each step; prints them once they are as expected."""

    scene: Scene
    customer: Client | None = None
    order_id: int = 0

    def print_headings(self) -> None:
        """Print the heading of each column."""
        _print_row("", HEADINGS, "after")

    def check(self, step: str, expected: Figures) -> None:
        """Wait until the reports show the expected figures, and print them.

        Raises:
            UnexpectedResponse: they show other figures after a minute.
        """
        begun, read = time.monotonic(), [self.read()]
        while read[-1] != expected and time.monotonic() < begun + DEADLINE_SECONDS:
            time.sleep(PAUSE_SECONDS)
            read.append(self.read())
        amounts = [f"{getattr(read[-1], each.name):.2f}" for each in fields(Figures)]
        _print_row(step, amounts, f"{time.monotonic() - begun:.1f} s")
        if read[-1] != expected:
            raise UnexpectedResponse(f"after {step!r}, the reports should show {expected}")

    def read(self) -> Figures:
        """Return the current figures."""
        lamp, cushion = (self._sales(offer.seller) for offer in (self.scene.lamp, self.scene.cushion))
        query = self._rows(self.scene.staff, "exposure_revenue", query=self.scene.word)
        captured, refunded = self._money()
        return Figures(*lamp, *cushion, *_sums(query), captured, refunded)

    def _sales(self, seller: Client) -> tuple[Decimal, Decimal]:
        return _sums(self._rows(seller, "sales"))

    def _rows(self, reader: Client, report: str, **values: str) -> list[dict[str, Any]]:
        today = datetime.now(UTC).date()
        start, end = today - timedelta(days=1), today + timedelta(days=1)
        shown = reader.get(f"/api/analytics/reports/{report}/?start_date={start}&end_date={end}")
        return [row for row in shown["rows"] if all(row[name] == value for name, value in values.items())]

    def _money(self) -> tuple[Decimal, Decimal]:
        if self.customer is None or not self.order_id:
            return Decimal(0), Decimal(0)
        payments = self.customer.get(f"/api/orders/orders/{self.order_id}/")["payments"]
        return _sum(payments, "captured"), _sum(payments, "refunded")


def _sums(rows: list[dict[str, Any]]) -> tuple[Decimal, Decimal]:
    return _sum(rows, "gross"), _sum(rows, "returns")


def _sum(rows: list[dict[str, Any]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def _print_row(step: str, cells: Sequence[str], seconds: str) -> None:
    sys.stdout.write(f"{step:<30}{''.join(f'{cell:>10}' for cell in cells)}{seconds:>8}\n")
