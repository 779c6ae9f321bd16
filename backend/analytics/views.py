"""Reports for staff, and for sellers about their own products."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import FileResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline.reports import ReportResult
from analytics_pipeline.settings import PipelineSettings
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.accounts.permissions import InArea, SellerOrInArea
from backend.analytics import selectors
from backend.analytics.amounts import written_rows
from backend.analytics.errors import (
    CustomersNotVisible,
    ReportForStaff,
    ReportNotFound,
    ReportTooLarge,
    ReportUnusable,
)
from backend.analytics.formats import CSV, FORMAT_PARAMETER, FORMATS, JSON, PARQUET
from backend.analytics.interactions import interactions_for
from backend.analytics.serializers import (
    NAME_PARAMETER,
    REPORT_PARAMETERS,
    SELLER_PARAMETER,
    InteractionParameters,
    InteractionSerializer,
    PeriodParameters,
    ProductAnalyticsSerializer,
    ReportListSerializer,
    ReportRowsSerializer,
    SalesSerializer,
)
from backend.api.errors import InvalidInput
from backend.api.formats import requested_format
from backend.api.pagination import PageSpan, page_envelope
from backend.api.parameters import parse
from backend.api.renderers import JsonAlways
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.catalog.errors import ProductNotFound
from backend.engines.errors import EngineBusy, QueryTooSlow, WarehouseNotAvailable, WarehouseNotMigrated


class ReportListView(APIView):
    """The reports that the caller may run."""

    permission_classes = (SellerOrInArea(StaffArea.REPORTS),)

    @operation("reports_get", tag="analytics", response=envelope_of(ReportListSerializer))
    def get(self, request: Request) -> Response:
        """List the reports that the caller may run.

        The list includes each report's parameters and columns.
        """
        reports = selectors.reports_for(cast("User", request.user))
        listed = {"time_zone": PipelineSettings.from_env().time_zone, "reports": reports}
        return envelope(ReportListSerializer(listed).data)


class ReportView(APIView):
    """One report, in JSON, CSV or Parquet."""

    permission_classes = (SellerOrInArea(StaffArea.REPORTS),)
    content_negotiation_class = JsonAlways

    @operation(
        "report_get",
        tag="analytics",
        parameters=[NAME_PARAMETER, FORMAT_PARAMETER, SELLER_PARAMETER, REPORT_PARAMETERS],
        response={
            (200, JSON.media_type): envelope_of(ReportRowsSerializer),
            (200, CSV.media_type): CSV.schema,
            (200, PARQUET.media_type): PARQUET.schema,
        },
        errors=[
            InvalidInput,
            ReportForStaff,
            ReportNotFound,
            ReportTooLarge,
            ReportUnusable,
            EngineBusy,
            QueryTooSlow,
            WarehouseNotAvailable,
            WarehouseNotMigrated,
        ],
    )
    def get(self, request: Request, name: str) -> Response | FileResponse:
        """Run a report.

        For sellers, the report covers their own products. CSV and Parquet are sent as files.
        """
        user, chosen, given = cast("User", request.user), requested_format(request, FORMATS), _given(request)
        if chosen is JSON:
            return envelope(_rows(name, selectors.run(name, user=user, parameters=given)))
        file = selectors.export(name, user=user, parameters=given, report_format=chosen)
        return FileResponse(
            file, content_type=chosen.media_type, as_attachment=True, filename=f"{name}.{chosen.name}"
        )


class InteractionsView(APIView):
    """What shoppers did with products."""

    permission_classes = (InArea(StaffArea.REPORTS),)

    @operation(
        "interactions_list",
        tag="analytics",
        query=InteractionParameters,
        response=page_of(InteractionSerializer),
        errors=[
            InvalidInput,
            CustomersNotVisible,
            EngineBusy,
            QueryTooSlow,
            WarehouseNotAvailable,
            WarehouseNotMigrated,
        ],
    )
    def get(self, request: Request) -> Response:
        """List interactions of users with products, the newest first.

        A VIEW, ADD_TO_CART, PURCHASE, WISHLIST or RATING of a shopper with an id; what a guest did counts for
        the account after a login. Interactions of known bots are left out. Without dates, they are those of
        the last seven days.
        """
        parameters = parse(request, InteractionParameters)
        span = PageSpan(page=parameters["page"], page_size=parameters["page_size"])
        user = cast("User", request.user)
        count, rows = interactions_for(user, parameters, span=span, now=timezone.now())
        shown = InteractionSerializer(rows, many=True).data
        return Response(page_envelope(request, shown, count=count, span=span))


class SalesView(APIView):
    """Sales by period."""

    permission_classes = (SellerOrInArea(StaffArea.REPORTS),)

    @operation(
        "sales_report_get",
        tag="analytics",
        query=PeriodParameters,
        response=envelope_of(SalesSerializer),
        errors=[EngineBusy, QueryTooSlow, WarehouseNotAvailable, WarehouseNotMigrated],
    )
    def get(self, request: Request) -> Response:
        """Report sales and returns by period.

        For sellers, the report covers their own products; for staff, all products.
        """
        parameters = parse(request, PeriodParameters)
        result = selectors.run("sales_by_period", user=cast("User", request.user), parameters=parameters)
        return envelope({**_period(parameters), "rows": written_rows(result)})


class ProductAnalyticsView(APIView):
    """One product by period."""

    permission_classes = (SellerOrInArea(StaffArea.REPORTS),)

    @operation(
        "product_report_get",
        tag="analytics",
        query=PeriodParameters,
        response=envelope_of(ProductAnalyticsSerializer),
        errors=[ProductNotFound, EngineBusy, QueryTooSlow, WarehouseNotAvailable, WarehouseNotMigrated],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Report the views, clicks and revenue of a product by period."""
        parameters = parse(request, PeriodParameters)
        result = selectors.product(product_id, user=cast("User", request.user), parameters=parameters)
        return envelope({"product_id": product_id, **_period(parameters), "rows": written_rows(result)})


def _given(request: Request) -> dict[str, object]:
    repeated = {name: "Given more than once." for name, values in request.query_params.lists() if values[1:]}
    if repeated:
        raise InvalidInput(**repeated)
    return {name: value for name, value in request.query_params.items() if name != "format"}


def _period(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"start_date": None, "end_date": None, **parameters}


def _rows(name: str, result: ReportResult) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": result.parameters,
        "columns": list(result.columns),
        "rows": written_rows(result),
    }
