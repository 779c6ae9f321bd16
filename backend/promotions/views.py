"""Endpoints of promotions, for staff."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.errors import VariantNotFound
from backend.catalog.serializers import DeletedSerializer
from backend.promotions import codes, selectors, services
from backend.promotions.errors import (
    PromotionCodeExists,
    PromotionEditedMeanwhile,
    PromotionNotFound,
    PromotionUsed,
)
from backend.promotions.explanation_serializers import applied, refused
from backend.promotions.models import Promotion
from backend.promotions.preview import Preview, preview
from backend.promotions.serializers import (
    AddedCodesSerializer,
    CodeBatchSerializer,
    PromotionChangesSerializer,
    PromotionCodeSerializer,
    PromotionInputSerializer,
    PromotionListParameters,
    PromotionPreviewRequestSerializer,
    PromotionPreviewSerializer,
    PromotionSerializer,
    PromotionStatisticsSerializer,
)

TAG = "promotions"
AREA = StaffArea.PROMOTIONS


class PromotionListView(APIView):
    """All promotions."""

    permission_classes = (InArea(AREA),)

    @operation(
        "promotions_list", tag=TAG, query=PromotionListParameters, response=page_of(PromotionSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the promotions, the newest first."""
        parameters = parse(request, PromotionListParameters)
        rows = Promotion.objects.order_by("-pk")
        if parameters["is_active"] is not None:
            rows = rows.filter(is_active=parameters["is_active"])
        if parameters.get("code"):
            rows = rows.filter(codes__code=parameters["code"])
        return page_response(request, rows, parameters=parameters, shown=rows_of(PromotionSerializer))

    @operation(
        "promotions_create",
        tag=TAG,
        request=PromotionInputSerializer,
        response=envelope_of(PromotionSerializer),
        status=201,
    )
    def post(self, request: Request) -> Response:
        """Create a promotion.

        It applies to orders that are placed from `starts_at` on.
        """
        row = services.create_promotion(parse_body(request, PromotionInputSerializer), by=actor_of(request))
        return envelope(PromotionSerializer(row).data, message="Promotion created.", status=201)


class PromotionView(APIView):
    """A promotion."""

    permission_classes = (InArea(AREA),)

    @operation(
        "promotions_get", tag=TAG, response=envelope_of(PromotionSerializer), errors=[PromotionNotFound]
    )
    def get(self, request: Request, promotion_id: int) -> Response:
        """Show a promotion."""
        return envelope(PromotionSerializer(selectors.promotion_for(promotion_id)).data)

    @operation(
        "promotions_update",
        tag=TAG,
        request=PromotionChangesSerializer,
        response=envelope_of(PromotionSerializer),
        errors=[PromotionNotFound, PromotionEditedMeanwhile],
    )
    def put(self, request: Request, promotion_id: int) -> Response:
        """Replace a promotion.

        It applies to orders that are placed afterwards.
        """
        changes = parse_body(request, PromotionChangesSerializer)
        row = services.update_promotion(
            promotion_id,
            version=changes.pop("version"),
            changes=changes,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(PromotionSerializer(row).data, message="Promotion changed.")

    @operation(
        "promotions_delete",
        tag=TAG,
        response=envelope_of(DeletedSerializer),
        errors=[PromotionNotFound, PromotionUsed],
    )
    def delete(self, request: Request, promotion_id: int) -> Response:
        """Delete a promotion that no order has used.

        Its codes are deleted too. One that was used can be switched off.
        """
        services.delete_promotion(promotion_id, by=actor_of(request))
        return envelope({"id": promotion_id}, message="Promotion deleted.")


class PromotionCodesView(APIView):
    """The codes of a promotion."""

    permission_classes = (InArea(AREA),)

    @operation(
        "promotion_codes_list",
        tag=TAG,
        query=PageParameters,
        response=page_of(PromotionCodeSerializer),
        errors=[PromotionNotFound],
    )
    def get(self, request: Request, promotion_id: int) -> Response:
        """List the codes of a promotion, the oldest first."""
        parameters = parse(request, PageParameters)
        rows = selectors.codes_of(promotion_id)
        return page_response(request, rows, parameters=parameters, shown=rows_of(PromotionCodeSerializer))

    @operation(
        "promotion_codes_create",
        tag=TAG,
        request=CodeBatchSerializer,
        response=envelope_of(AddedCodesSerializer),
        status=201,
        errors=[PromotionNotFound, PromotionCodeExists],
    )
    def post(self, request: Request, promotion_id: int) -> Response:
        """Add codes to a promotion: given ones, or random ones."""
        body = parse_body(request, CodeBatchSerializer)
        common: dict[str, Any] = {
            "max_uses": body["max_uses"],
            "batch": body["batch"],
            "by": actor_of(request),
            "now": timezone.now(),
        }
        rows = (
            codes.add_codes(promotion_id, codes=body["codes"], **common)
            if body["codes"]
            else codes.add_random_codes(promotion_id, count=body["count"], prefix=body["prefix"], **common)
        )
        return envelope({"codes": [row.code for row in rows]}, message="Codes added.", status=201)


class PromotionStatisticsView(APIView):
    """What orders have used of a promotion."""

    permission_classes = (InArea(AREA),)

    @operation(
        "promotion_statistics_list",
        tag=TAG,
        response=envelope_of(PromotionStatisticsSerializer(many=True)),
        errors=[PromotionNotFound],
    )
    def get(self, request: Request, promotion_id: int) -> Response:
        """Show how many orders have used a promotion, and what it took off, by currency."""
        rows = selectors.statistics_of(promotion_id)
        return envelope(PromotionStatisticsSerializer(rows, many=True).data)


class PromotionPreviewView(APIView):
    """What promotions do to a cart."""

    permission_classes = (InArea(AREA),)

    @operation(
        "promotions_preview",
        tag=TAG,
        request=PromotionPreviewRequestSerializer,
        response=envelope_of(PromotionPreviewSerializer),
        errors=[VariantNotFound],
    )
    def post(self, request: Request) -> Response:
        """Show what all promotions would do to a cart, and why others are not applied.

        Nothing is stored. Prices are the present ones, also for another time.
        """
        body = parse_body(request, PromotionPreviewRequestSerializer)
        found = preview(
            body["items"],
            codes=body["codes"],
            shipping_price=body["shipping_price"],
            user_id=body["user_id"],
            email=body["email"],
            now=body["at"] or timezone.now(),
        )
        return envelope(PromotionPreviewSerializer(_shown(found)).data)


def _shown(found: Preview) -> dict[str, Any]:
    shipping = {reduction.rule.id: reduction.amount for reduction in found.shipping_reductions}
    return {
        "currency": found.currency,
        "subtotal": found.subtotal,
        "discount_amount": found.evaluation.discount_amount,
        "shipping_discount_amount": sum(shipping.values(), Decimal(0)),
        "items": found.lines,
        "applied": applied(found.evaluation, shipping=shipping),
        "refused": refused(found.evaluation),
    }
