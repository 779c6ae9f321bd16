"""Reports for staff, and for sellers about their own products."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline.reports import Answer
from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import User
from backend.accounts.permissions import IsSellerOrStaff
from backend.analytics import selectors
from backend.analytics.formats import CSV, FORMATS, JSON, PARQUET, JsonAlways, requested_format
from backend.analytics.serializers import (
    PeriodParameters,
    ProductAnalyticsSerializer,
    ReportListSerializer,
    ReportRowsSerializer,
    SalesSerializer,
)
from backend.api.errors import InvalidInput
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.catalog.errors import ProductNotFound
from backend.engines.errors import EngineBusy, WarehouseNotAvailable


class ReportListView(APIView):
    """The reports that the caller may run."""

    permission_classes = (IsSellerOrStaff,)

    @extend_schema(responses=envelope_of(ReportListSerializer), tags=["analytics"])
    def get(self, request: Request) -> Response:
        """List the reports with their parameters and columns."""
        reports = selectors.reports_for(cast("User", request.user))
        listed = {"time_zone": PipelineSettings.from_env().time_zone, "reports": reports}
        return envelope(ReportListSerializer(listed).data)


class ReportView(APIView):
    """One report, in JSON, CSV or Parquet."""

    permission_classes = (IsSellerOrStaff,)
    content_negotiation_class = JsonAlways

    @extend_schema(
        parameters=[
            OpenApiParameter("format", enum=list(FORMATS), description="JSON without it, or as Accept says."),
            OpenApiParameter(
                "seller", OpenApiTypes.INT, description="For staff: the products of one seller."
            ),
            OpenApiParameter(
                "parameters",
                {"type": "object", "additionalProperties": {"type": "string"}},
                style="form",
                explode=True,
                description="The report's own parameters, as the list of reports names them.",
            ),
        ],
        responses={
            (200, JSON.media_type): envelope_of(ReportRowsSerializer),
            (200, CSV.media_type): OpenApiResponse(OpenApiTypes.STR, description="A head and the rows."),
            (200, PARQUET.media_type): OpenApiResponse(OpenApiTypes.BINARY, description="The rows."),
        },
        tags=["analytics"],
    )
    def get(self, request: Request, name: str) -> Response | FileResponse:
        """Run the report."""
        user, chosen, given = cast("User", request.user), requested_format(request), _given(request)
        if chosen is JSON:
            return envelope(_rows(name, selectors.run(name, user=user, parameters=given)))
        file = selectors.export(name, user=user, parameters=given, report_format=chosen)
        return FileResponse(
            file, content_type=chosen.media_type, as_attachment=True, filename=f"{name}.{chosen.name}"
        )


class SalesView(APIView):
    """Sales by period."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "sales_report_get",
        tag="analytics",
        query=PeriodParameters,
        answer=envelope_of(SalesSerializer),
        errors=[EngineBusy, WarehouseNotAvailable],
    )
    def get(self, request: Request) -> Response:
        """Report sales and returns by period.

        Sellers see those of their own products, staff all of them.
        """
        asked = parse(request, PeriodParameters)
        answer = selectors.run("sales", user=cast("User", request.user), parameters=asked)
        return envelope({**_period(asked), "rows": answer.texts()})


class ProductAnalyticsView(APIView):
    """One product by period."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "product_report_get",
        tag="analytics",
        query=PeriodParameters,
        answer=envelope_of(ProductAnalyticsSerializer),
        errors=[ProductNotFound, EngineBusy, WarehouseNotAvailable],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Report the views, clicks and revenue of a product by period."""
        asked = parse(request, PeriodParameters)
        answer = selectors.product(product_id, user=cast("User", request.user), parameters=asked)
        return envelope({"product_id": product_id, **_period(asked), "rows": answer.texts()})


def _given(request: Request) -> dict[str, object]:
    repeated = {name: "Given more than once." for name, values in request.query_params.lists() if values[1:]}
    if repeated:
        raise InvalidInput(**repeated)
    return {name: value for name, value in request.query_params.items() if name != "format"}


def _period(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"start_date": None, "end_date": None, **asked}


def _rows(name: str, answer: Answer) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": answer.parameters,
        "columns": list(answer.columns),
        "rows": answer.texts(),
    }
