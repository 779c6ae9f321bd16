"""The analyst's client."""

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from analytics_pipeline.analyst.access import Access
from analytics_pipeline.analyst.definition import Definition
from analytics_pipeline.analyst.frames import read_parquet, to_frame
from analytics_pipeline.analyst.queries import Queries, missing_address
from analytics_pipeline.reports.errors import UnknownReport

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_VIEWS = """
SELECT table AS view, name AS column, type FROM system.columns
WHERE database = currentDatabase() ORDER BY view, position
"""


class Reports(Protocol):
    """Where reports come from."""

    @property
    def time_zone(self) -> str:
        """The time zone of the reports' days."""

    def check(self) -> None:
        """Raise ShopNotReachable or CredentialRefused if no report can be run."""

    def definitions(self) -> list[Definition]:
        """Return the reports that may be run."""

    def parquet(self, name: str, given: Mapping[str, object]) -> bytes:
        """Return a report's rows as a Parquet file."""


class Shop:
    """A shop's reports and warehouse. `connect` creates it.

    Amounts in data frames are float64, or exact decimals with `exact=True`; in Arrow tables they are always
    exact.
    """

    def __init__(self, reports: Reports, *, queries: Queries | None) -> None:
        self._reports = reports
        self._queries = queries

    def __repr__(self) -> str:
        """Return where the shop is and what it offers."""
        sql = "" if self._queries else ", without SQL"
        number = len(self._reports.definitions())
        return f"<Shop {self._reports}: {number} reports, days in {self.time_zone}{sql}>"

    @property
    def time_zone(self) -> str:
        """The time zone of the reports' days."""
        return self._reports.time_zone

    def reports(self) -> "pd.DataFrame":
        """Return the reports by name, with description and parameters."""
        import pandas as pd  # noqa: PLC0415 - only notebooks need it

        definitions = self._reports.definitions()
        rows = [[each.description, ", ".join(p["name"] for p in each.parameters)] for each in definitions]
        index = pd.Index([each.name for each in definitions], name="report")
        return pd.DataFrame(rows, columns=["description", "parameters"], index=index)

    def definition(self, name: str) -> Definition:
        """Return what the report shows, its parameters and columns.

        Raises:
            UnknownReport: there is none of this name, or this account may not run it.
        """
        definitions = self._reports.definitions()
        for each in definitions:
            if each.name == name:
                return each
        raise UnknownReport(name, known=[each.name for each in definitions])

    def report(self, name: str, *, exact: bool = False, **parameters: object) -> "pd.DataFrame":
        """Return a report's rows; `shop.definition(name)` describes its parameters and columns.

        For staff, `seller` limits a report that sellers may run to this seller's products.

        Raises:
            UnknownReport, InvalidParameters, ReportRefused: the request is invalid.
            ShopNotReachable, CredentialRefused: the shop can't be asked.
        """
        return to_frame(self.report_arrow(name, **parameters), exact=exact)

    def report_arrow(self, name: str, **parameters: object) -> "pa.Table":
        """Return a report's rows as an Arrow table; raises the same exceptions as `report`."""
        self.definition(name)
        return read_parquet(self._reports.parquet(name, parameters))

    def sql(
        self, statement: str, parameters: Mapping[str, object] | None = None, *, exact: bool = False
    ) -> "pd.DataFrame":
        """Return the rows of a SELECT over the analysts' views (docs/warehouse.md).

        `{name:Type}` in the statement stands for a parameter. The warehouse ends a query after 60 s.

        Raises:
            QueryRefused: the statement is wrong, or analysts may not run it.
            InvalidAccess, ShopNotReachable, CredentialRefused: the warehouse can't be asked.
        """
        return to_frame(self.sql_arrow(statement, parameters), exact=exact)

    def sql_arrow(self, statement: str, parameters: Mapping[str, object] | None = None) -> "pa.Table":
        """Return the rows of a SELECT as an Arrow table; raises the same exceptions as `sql`."""
        if self._queries is None:
            raise missing_address(str(self._reports))
        return self._queries.table(statement, parameters or {})

    def views(self) -> "pd.DataFrame":
        """Return the columns of the views that analysts may read, one row each."""
        return self.sql(_VIEWS)

    def last_month(self, *, today: date | None = None) -> tuple[date, date]:
        """Return the first and the last day of the month before `today`.

        `today` is by default the day in the shop's time zone.
        """
        today = today or datetime.now(ZoneInfo(self.time_zone)).date()
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last


def connect(
    url: str = "", *, phone: str = "", password: str = "", token: str = "", warehouse_url: str = ""
) -> Shop:
    """Return a client of the shop at `url`, or of the one on this machine.

    What isn't given comes from the environment (VITRINE_URL, VITRINE_PHONE, VITRINE_PASSWORD, VITRINE_TOKEN,
    VITRINE_WAREHOUSE_URL) or from a file (`Access`). Without an address anywhere, it is the shop of
    VITRINE_HOME, by default `var` in the repository, or of CLICKHOUSE_URL.

    Raises:
        InvalidAccess: a value can't be used.
        ShopNotReachable, CredentialRefused: the shop can't be asked.
    """
    access = Access.find(url=url, phone=phone, password=password, token=token, warehouse_url=warehouse_url)
    reports, address = _remote(access) if access.url else _local(access)
    reports.check()
    return Shop(reports, queries=Queries(address) if address else None)


def _remote(access: Access) -> tuple[Reports, str]:
    from analytics_pipeline.analyst.remote import RemoteReports  # noqa: PLC0415 - needs no package of the shop

    return RemoteReports(access), access.warehouse_url


def _local(access: Access) -> tuple[Reports, str]:
    # Imports packages that are not needed for a remote shop.
    from analytics_pipeline.analyst.local import LocalReports, analyst_address, local_settings  # noqa: PLC0415

    settings = local_settings(os.environ)
    return LocalReports(settings), access.warehouse_url or analyst_address(settings, os.environ)
