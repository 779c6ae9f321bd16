"""Reports for users: permissions, formats, and how far the warehouse lags behind the shop."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, cast

from django.conf import settings

from analytics_pipeline import reports, rollups
from analytics_pipeline.reports import (
    InvalidParameters,
    InvalidReport,
    NotForSellers,
    ReportResult,
    UnknownReport,
)
from analytics_pipeline.reports.definition import SELLER, Report
from analytics_pipeline.reports.running import FileFormat
from analytics_pipeline.stream import Stream, StreamLag
from analytics_pipeline.warehouse import ResultTooLarge, Warehouse
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.analytics.amounts import precise_row
from backend.analytics.errors import ReportForStaff, ReportNotFound, ReportTooLarge, ReportUnusable
from backend.analytics.formats import JSON, ReportFormat
from backend.analytics.subscribers import OrderFacts, Products
from backend.api.errors import InvalidInput
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.engines.shared_results import Begins, SharedResults
from backend.engines.warehouse import SHARE, Migrated, longest_request_seconds, warehouse_for_request
from backend.outbox import selectors as outbox

# A larger file is written to disk. Files are sent after the warehouse's slot is released.
_BYTES_IN_MEMORY = 8 * 1024 * 1024
# Larger results are given to the requests that wait for them, and not kept.
_MOST_KEPT_ROWS = 1_000
# Half of the threads of a web process.
_MOST_WAITING = 8
RESULTS = SharedResults[ReportResult](
    SHARE,
    most=64,
    waiting=_MOST_WAITING,
    longest=longest_request_seconds,
    keeps=lambda result: len(result.rows) <= _MOST_KEPT_ROWS,
)
OpensWarehouse = Callable[[], AbstractContextManager[Warehouse]]
_WHOLE_SHOP = "this report covers the whole shop; omit the parameter"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the warehouse lags behind the shop."""

    facts: outbox.Lag
    products: outbox.Lag
    events: StreamLag
    dirty_days: list[date]


def reports_for(user: User) -> list[Report]:
    """Return the reports that this user may run, by name."""
    whole_shop = user.has_area(StaffArea.REPORTS)
    return [report for report in reports.available() if whole_shop or SELLER in report.scope]


def run(
    name: str,
    *,
    user: User,
    parameters: Mapping[str, object],
    opened: OpensWarehouse = warehouse_for_request,
) -> ReportResult:
    """Return a report's rows; for a seller, they cover the seller's own products only.

    Requests share the rows of equal reports for up to REPORT_SHARED_SECONDS. `opened` decides how long the
    warehouse may take; another one than that of requests shares nothing.

    Raises:
        ReportNotFound: there is no such report.
        ReportForStaff: a seller requested a report about the whole shop.
        ReportUnusable: the report's file has an error.
        ReportTooLarge: the report has too many rows.
        InvalidInput: a parameter is invalid.
        EngineBusy: the maximum number of reports is already running, or an equal one takes too long.
        WarehouseNotMigrated: the warehouse is not upgraded yet.
        WarehouseUnavailable, WarehouseRefused: the warehouse is not available.
    """
    seller, given = _split_seller(user, parameters)

    def compute(begins: Begins) -> ReportResult:
        with opened() as warehouse:
            begins()
            return reports.execute(warehouse, name, given, seller=seller, most_rows=JSON.most_rows)

    with _explained(name, user=user, most_rows=JSON.most_rows):
        # The key contains the seller, so that a seller never gets rows of others.
        key = reports.key_of(name, given, seller=seller)
        seconds = settings.REPORT_SHARED_SECONDS if opened is warehouse_for_request else 0
        return RESULTS.result(key, compute, seconds=seconds)


def export(
    name: str, *, user: User, parameters: Mapping[str, object], report_format: ReportFormat
) -> BinaryIO:
    """Return a report as a complete file, positioned at its beginning; the caller closes it.

    Raises the same exceptions as `run`.
    """
    seller, given = _split_seller(user, parameters)
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=_BYTES_IN_MEMORY))  # noqa: SIM115
    try:
        with (
            _explained(name, user=user, most_rows=report_format.most_rows),
            warehouse_for_request() as warehouse,
        ):
            reports.export(
                warehouse,
                name,
                given,
                file_format=cast("FileFormat", report_format.name),
                to=file,
                seller=seller,
                most_rows=report_format.most_rows,
                prepare=precise_row,
            )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def product(product_id: int, *, user: User, parameters: Mapping[str, object]) -> ReportResult:
    """Return a product's views, clicks, cart additions and revenue by period.

    Raises:
        ProductNotFound: there is no such product, or it is another seller's.

    It also raises the same exceptions as `run`.
    """
    own = {} if user.has_area(StaffArea.REPORTS) else {"seller": user}
    if not Product.objects.filter(pk=product_id, **own).exists():
        raise ProductNotFound(product_id=product_id)
    return run("product", user=user, parameters={"product": product_id, **parameters})


def freshness(warehouse: Warehouse, stream: Stream, *, now: datetime) -> Freshness:
    """Return the lag of facts, products and events, and the days whose rollups are dirty."""
    target = Migrated(warehouse)
    return Freshness(
        facts=outbox.lag(OrderFacts(target), now=now),
        products=outbox.lag(Products(target), now=now),
        events=stream.lag(now=now),
        dirty_days=rollups.all_dirty_days(warehouse),
    )


def _split_seller(user: User, parameters: Mapping[str, object]) -> tuple[int | str, dict[str, object]]:
    """Return the seller that a report covers, and the other parameters; only staff may choose a seller."""
    others = {name: value for name, value in parameters.items() if name != SELLER}
    if user.has_area(StaffArea.REPORTS):
        return str(parameters.get(SELLER, reports.EVERY_SELLER)), others
    if SELLER in parameters:
        raise InvalidInput(seller="only staff may choose a seller")
    return user.pk, others


@contextmanager
def _explained(name: str, *, user: User, most_rows: int) -> Iterator[None]:
    try:
        yield
    except UnknownReport as error:
        raise ReportNotFound(report=name, known=list(error.known)) from error
    except InvalidReport as error:
        raise ReportUnusable(report=name) from error
    except NotForSellers as error:
        if user.has_area(StaffArea.REPORTS):
            raise InvalidInput(seller=_WHOLE_SHOP) from error
        raise ReportForStaff(report=name) from error
    except InvalidParameters as error:
        raise InvalidInput(**error.faults) from error
    except ResultTooLarge as error:
        raise ReportTooLarge(most_rows=most_rows) from error
