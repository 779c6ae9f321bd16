"""Purchasing endpoints, for sellers (their own products) and staff."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.accounts.permissions import IsSellerOrStaff
from backend.api.idempotency import IDEMPOTENCY_KEY, once
from backend.api.pagination import PageSpan, page_envelope, page_of_rows
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.errors import VariantNotFound
from backend.inventory.errors import InsufficientStock
from backend.purchasing import selectors, services
from backend.purchasing.csv_file import as_csv
from backend.purchasing.errors import (
    PurchaseOrderNotFound,
    PurchaseOrderStatusConflict,
    ReceiptTooLarge,
    ReorderRuleNotFound,
    SupplierExists,
    SupplierNotFound,
)
from backend.purchasing.proposals import proposals, rules_for_reordering
from backend.purchasing.serializers import (
    ChangedLinesSerializer,
    DeliverySerializer,
    NewReorderRuleSerializer,
    NewSupplierSerializer,
    ProposalSerializer,
    PurchaseOrderListParameters,
    PurchaseOrderSerializer,
    ReorderRuleSerializer,
    SupplierSerializer,
)

TAG = "purchasing"
NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "The purchase order's number.",
    "schema": {"type": "string", "minLength": 1, "example": "PO-1F3A9C02"},
}
CSV_FILE = {"type": "string", "example": "order,sku,quantity\nPO-1F3A9C02,K-1,90\n"}
CONFLICTS = [PurchaseOrderNotFound, PurchaseOrderStatusConflict]


class SupplierListView(APIView):
    """A seller's suppliers."""

    permission_classes = (IsSellerOrStaff,)

    @operation("suppliers_list", tag=TAG, query=PageParameters, response=page_of(SupplierSerializer))
    def get(self, request: Request) -> Response:
        """List suppliers, by name."""
        return _page(request, selectors.suppliers_of(account_of(request)), SupplierSerializer)

    @operation(
        "suppliers_create",
        tag=TAG,
        request=NewSupplierSerializer,
        response=envelope_of(SupplierSerializer),
        status=201,
        errors=[SupplierExists],
    )
    def post(self, request: Request) -> Response:
        """Create a supplier of the caller."""
        body = parse_body(request, NewSupplierSerializer)
        supplier = services.create_supplier(
            seller_id=account_of(request).pk, name=body["name"], by=actor_of(request)
        )
        return envelope(SupplierSerializer(supplier).data, message="Supplier created.", status=201)


class ReorderRuleListView(APIView):
    """Reorder rules."""

    permission_classes = (IsSellerOrStaff,)

    @operation("reorder_rules_list", tag=TAG, query=PageParameters, response=page_of(ReorderRuleSerializer))
    def get(self, request: Request) -> Response:
        """List reorder rules.

        Sellers see those of their own variants, staff see all.
        """
        return _page(request, selectors.rules_of(account_of(request)), ReorderRuleSerializer)


class ReorderRuleView(APIView):
    """The reorder rule of a variant."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "reorder_rules_get",
        tag=TAG,
        response=envelope_of(ReorderRuleSerializer),
        errors=[VariantNotFound, ReorderRuleNotFound],
    )
    def get(self, request: Request, variant_id: int) -> Response:
        """Show the reorder rule of a variant."""
        rule = selectors.rule_for(variant_id, user=account_of(request))
        return envelope(ReorderRuleSerializer(rule).data)

    @operation(
        "reorder_rules_update",
        tag=TAG,
        request=NewReorderRuleSerializer,
        response=envelope_of(ReorderRuleSerializer),
        errors=[VariantNotFound, SupplierNotFound],
    )
    def put(self, request: Request, variant_id: int) -> Response:
        """Create or replace the reorder rule of a variant."""
        variant = selectors.variant_for(variant_id, user=account_of(request))
        values = parse_body(request, NewReorderRuleSerializer)
        supplier_id = values.pop("supplier")
        if supplier_id is not None:
            values["supplier"] = selectors.supplier_for(supplier_id, seller_id=variant.product.seller_id)
        else:
            values["supplier"] = None
        rule = services.set_reorder_rule(variant, values=values, by=actor_of(request))
        return envelope(ReorderRuleSerializer(rule).data, message="Reorder rule set.")

    @operation(
        "reorder_rules_delete",
        tag=TAG,
        response=envelope_of(ReorderRuleSerializer),
        errors=[VariantNotFound, ReorderRuleNotFound],
    )
    def delete(self, request: Request, variant_id: int) -> Response:
        """Delete the reorder rule of a variant, which is not reordered any more."""
        rule = selectors.rule_for(variant_id, user=account_of(request))
        shown = ReorderRuleSerializer(rule).data
        services.delete_reorder_rule(rule, by=actor_of(request))
        return envelope(shown, message="Reorder rule deleted.")


class ProposalListView(APIView):
    """What should be ordered now."""

    permission_classes = (IsSellerOrStaff,)

    @operation("reorder_proposals_list", tag=TAG, response=envelope_of(ProposalSerializer(many=True)))
    def get(self, request: Request) -> Response:
        """List what the reorder rules propose to order now.

        Nothing is written. Variants above their reorder point are left out.
        """
        user = account_of(request)
        rules = rules_for_reordering()
        if not user.is_admin:
            rules = rules.filter(variant__product__seller=user)
        found = proposals(list(rules), now=timezone.now())
        return envelope(ProposalSerializer(found, many=True).data)


class PurchaseOrderListView(APIView):
    """Purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_list",
        tag=TAG,
        query=PurchaseOrderListParameters,
        response=page_of(PurchaseOrderSerializer),
    )
    def get(self, request: Request) -> Response:
        """List purchase orders, newest first.

        Sellers see their own, staff see all.
        """
        parameters = parse(request, PurchaseOrderListParameters)
        rows = selectors.orders_of(account_of(request), status=parameters.get("status"))
        span = PageSpan(page=parameters["page"], page_size=parameters["page_size"])
        count, page = page_of_rows(rows, span)
        shown = PurchaseOrderSerializer(page, many=True).data
        return Response(page_envelope(request, shown, count=count, span=span))

    @operation(
        "purchase_orders_create",
        tag=TAG,
        response=envelope_of(PurchaseOrderSerializer(many=True)),
        status=201,
    )
    def post(self, request: Request) -> Response:
        """Draft purchase orders from the reorder rules.

        The response has the drafts that changed, one for each supplier. Sending it again orders nothing
        twice: only quantities that no person has edited follow the proposals.
        """
        user = account_of(request)
        changed = services.draft_purchase_orders(
            by=actor_of(request), now=timezone.now(), seller_id=None if user.is_admin else user.pk
        )
        rows = selectors.orders_of(user).filter(pk__in=[order.pk for order in changed])
        shown = PurchaseOrderSerializer(rows, many=True).data
        return envelope(shown, message=f"{len(shown)} drafts changed.", status=201)


class PurchaseOrderView(APIView):
    """One purchase order."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_get",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=[PurchaseOrderNotFound],
    )
    def get(self, request: Request, number: str) -> Response:
        """Show a purchase order with its lines."""
        return _order(request, number)

    @operation(
        "purchase_orders_update",
        tag=TAG,
        parameters=[NUMBER],
        request=ChangedLinesSerializer,
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def patch(self, request: Request, number: str) -> Response:
        """Change the quantities of a draft.

        A quantity of 0 removes the line. Proposals don't change an edited quantity any more.
        """
        body = parse_body(request, ChangedLinesSerializer)
        selectors.order_for(number, user=account_of(request))
        services.change_lines(number, quantities=body["items"], by=actor_of(request))
        return _order(request, number, message="Purchase order changed.")


class PurchaseOrderCsvView(APIView):
    """A purchase order as a file."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_order_file_get",
        tag=TAG,
        parameters=[NUMBER],
        response={(200, "text/csv"): CSV_FILE},
        errors=[PurchaseOrderNotFound],
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Download a purchase order as CSV for its supplier."""
        order = selectors.order_for(number, user=account_of(request))
        return HttpResponse(
            as_csv(order),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{order.number}.csv"'},
        )


class ApproveView(APIView):
    """Approval of drafts."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_approve",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """Approve a draft, whose lines then can't be changed any more."""
        selectors.order_for(number, user=account_of(request))
        services.approve(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order approved.")


class SendView(APIView):
    """Sending of approved purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_send",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """Record that an approved purchase order was sent to the supplier."""
        selectors.order_for(number, user=account_of(request))
        services.mark_sent(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order sent.")


class CancelPurchaseOrderView(APIView):
    """Cancellation of open purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_cancel",
        tag=TAG,
        parameters=[NUMBER],
        response=envelope_of(PurchaseOrderSerializer),
        errors=CONFLICTS,
    )
    def post(self, request: Request, number: str) -> Response:
        """End an open purchase order: nothing more is expected.

        Its status is RECEIVED if some units had come, else CANCELLED.
        """
        selectors.order_for(number, user=account_of(request))
        services.cancel(number, by=actor_of(request), now=timezone.now())
        return _order(request, number, message="Purchase order ended.")


class ReceiveView(APIView):
    """Deliveries of purchase orders."""

    permission_classes = (IsSellerOrStaff,)

    @operation(
        "purchase_orders_receive",
        tag=TAG,
        parameters=[NUMBER],
        request=DeliverySerializer,
        headers=[IDEMPOTENCY_KEY],
        response=envelope_of(PurchaseOrderSerializer),
        errors=[*CONFLICTS, ReceiptTooLarge, InsufficientStock],
    )
    def post(self, request: Request, number: str) -> Response:
        """Record a delivery.

        Its units enter the stock with the purchase order's number as the reference.
        """
        body = parse_body(request, DeliverySerializer)
        selectors.order_for(number, user=account_of(request))
        return once(request, lambda: _received(request, number, body), scope="purchasing", now=timezone.now())


def _received(request: Request, number: str, body: dict[str, Any]) -> Response:
    services.receive(
        number,
        units=body["items"],
        accept_excess=body["accept_excess"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return _order(request, number, message="Delivery recorded.")


def _order(request: Request, number: str, *, message: str = "") -> Response:
    order = selectors.order_for(number, user=account_of(request))
    return envelope(PurchaseOrderSerializer(order).data, message=message)


def _page(request: Request, rows: Any, serializer_class: Any) -> Response:
    parameters = parse(request, PageParameters)
    span = PageSpan(page=parameters["page"], page_size=parameters["page_size"])
    count, page = page_of_rows(rows, span)
    shown = serializer_class(page, many=True).data
    return Response(page_envelope(request, shown, count=count, span=span))
