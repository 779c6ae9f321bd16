"""Reports for staff, and for sellers about what is theirs."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline.reports import Answer
from backend.accounts.models import User
from backend.accounts.permissions import IsSellerOrStaff
from backend.analytics import selectors
from backend.analytics.serializers import PeriodParameters, ProductAnalyticsSerializer, SalesSerializer
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.catalog.errors import ProductNotFound
from backend.engines.errors import EngineBusy, WarehouseNotAvailable


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
        answer = selectors.sales(user=cast("User", request.user), **asked)
        return envelope(SalesSerializer(_body(asked, answer)).data)


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
        answer = selectors.product(product_id, user=cast("User", request.user), **asked)
        return envelope(ProductAnalyticsSerializer({"product_id": product_id, **_body(asked, answer)}).data)


def _body(asked: dict[str, Any], answer: Answer) -> dict[str, Any]:
    return {"start_date": None, "end_date": None, **asked, "rows": answer.records()}
