"""The reports of the shop on this machine, read from its warehouse."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from analytics_pipeline import embedded, reports
from analytics_pipeline.analyst.definition import Definition
from analytics_pipeline.analyst.errors import ReportRefused, ShopNotReachable
from analytics_pipeline.reports.definition import SELLER
from analytics_pipeline.settings import DEFAULT_HOME, PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable

_ROOT = Path(__file__).resolve().parent.parent.parent


class LocalReports:
    """The reports of this installation. They have no limit of rows, and 120 s for each query."""

    def __init__(self, settings: PipelineSettings) -> None:
        self.settings = settings
        self.time_zone = settings.time_zone
        self._warehouse = Warehouse(settings)

    def __str__(self) -> str:
        """Return where the shop is."""
        return self.settings.clickhouse_url or str(self.settings.home)

    def check(self) -> None:
        """Raise ShopNotReachable if the warehouse doesn't respond."""
        settings = self.settings
        if settings.clickhouse_url or embedded.is_running(embedded.WAREHOUSE, home=settings.home):
            return
        raise ShopNotReachable(
            f"no shop is running in {settings.home}: start it in another terminal with `make demo` or "
            "`python manage.py serve`, set VITRINE_HOME to the folder of your shop, or VITRINE_URL to the "
            "address of a remote one"
        )

    def definitions(self) -> list[Definition]:
        """Return the definitions by name."""
        return [
            Definition(
                name=report.name,
                description=report.description,
                parameters=tuple(
                    {
                        name: getattr(each, name)
                        for name in ("name", "type", "default", "choices", "description")
                    }
                    for each in report.parameters
                ),
                columns=tuple(
                    {"name": each.name, "type": each.type, "description": each.description}
                    for each in report.columns
                ),
                sql=report.sql,
            )
            for report in reports.available()
        ]

    def parquet(self, name: str, given: Mapping[str, object]) -> bytes:
        """Return the report as a Parquet file.

        Raises:
            ShopNotReachable, ReportRefused, InvalidParameters: the report can't be run.
        """
        self.check()
        parameters: dict[str, Any] = dict(given)
        seller, file = parameters.pop(SELLER, reports.EVERY_SELLER), io.BytesIO()
        try:
            reports.export(self._warehouse, name, parameters, file_format="parquet", to=file, seller=seller)
        except reports.NotForSellers as error:
            raise ReportRefused(f"{error}: omit the parameter seller", code="report_for_staff") from error
        except WarehouseUnavailable as error:
            raise ShopNotReachable(f"the warehouse of the shop can't be read now: {error}") from error
        except WarehouseRefused as error:
            raise ReportRefused(str(error)) from error
        return file.getvalue()


def local_settings(environ: Mapping[str, str]) -> PipelineSettings:
    """Return the settings of the shop on this machine.

    Unlike the shop's processes, notebooks run in folders of their own: by default the home is `var` in the
    repository.
    """
    home = environ.get("VITRINE_HOME") or str(_ROOT / DEFAULT_HOME)
    return PipelineSettings.from_env({**environ, "VITRINE_HOME": home})


def analyst_address(settings: PipelineSettings, environ: Mapping[str, str]) -> str:
    """Return the address of the warehouse with the analyst's user and password; empty without a password."""
    url = urlsplit(embedded.clickhouse_url(settings))
    password = environ.get("CLICKHOUSE_ANALYST_PASSWORD", "")
    if settings.clickhouse_url is None:
        password = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).analyst_token
    if not password:
        return ""
    host = url.netloc.rpartition("@")[2]
    return urlunsplit((url.scheme, f"{embedded.ANALYST}:{quote(password, safe='')}@{host}", url.path, "", ""))
