"""Rows of data sets, read in the same way as by the import commands."""

from collections.abc import Iterable
from pathlib import Path

from backend.importing.catalogue.formats import catalogue_format
from backend.importing.catalogue.row import CatalogRow, Reading
from backend.importing.orders.formats import orders_format
from backend.importing.orders.row import OrderRow, Outcome, ReturnRow
from backend.importing.outcomes import Refused
from tests.backend.importing.written import AMAZON, CROWDFLOWER, ONLINE_RETAIL, table

HEADERS = {"amazon-in": AMAZON, "crowdflower": CROWDFLOWER, "online-retail": ONLINE_RETAIL}


def catalogue(path: Path, name: str, *rows: list[object]) -> list[CatalogRow | Refused]:
    """Return what import_catalog reads from a file of this format with these rows."""
    written = table(path / "a.csv", HEADERS[name], *rows)
    return list(catalogue_format(name).read(written, reading=Reading(currency="USD")))


def orders(path: Path, *rows: list[object]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
    """Return the orders, returns and reasons for refusals that import_orders reads from these invoice lines."""
    return split(
        orders_format("online-retail", currency="USD").read(table(path / "a.csv", ONLINE_RETAIL, *rows))
    )


def split(outcomes: Iterable[Outcome]) -> tuple[list[OrderRow], list[ReturnRow], list[str]]:
    found = list(outcomes)
    return (
        [outcome for outcome in found if isinstance(outcome, OrderRow)],
        [outcome for outcome in found if isinstance(outcome, ReturnRow)],
        [outcome.reason for outcome in found if isinstance(outcome, Refused)],
    )


def products(outcomes: Iterable[CatalogRow | Refused]) -> dict[str, CatalogRow]:
    return {row.product.reference: row for row in outcomes if isinstance(row, CatalogRow)}


def reasons(outcomes: Iterable[CatalogRow | Refused]) -> list[str]:
    return [row.reason for row in outcomes if isinstance(row, Refused)]
