"""Endpoints of suppliers, reorder rules and proposals, for sellers (their own products) and staff."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import SellerOrInArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.errors import VariantNotFound
from backend.inventory.selectors import variant_managed_by
from backend.purchasing import selectors, services
from backend.purchasing.errors import (
    ReorderRuleNotFound,
    SupplierExists,
    SupplierNotFound,
)
from backend.purchasing.proposals import proposals, rules_for_reordering
from backend.purchasing.serializers import (
    NewReorderRuleSerializer,
    NewSupplierSerializer,
    ProposalSerializer,
    ReorderRuleSerializer,
    SupplierSerializer,
)

TAG = "purchasing"


class SupplierListView(APIView):
    """A seller's suppliers."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation("suppliers_list", tag=TAG, query=PageParameters, response=page_of(SupplierSerializer))
    def get(self, request: Request) -> Response:
        """List suppliers, by name."""
        rows = selectors.suppliers_of(account_of(request))
        parameters = parse(request, PageParameters)
        return page_response(request, rows, parameters=parameters, shown=rows_of(SupplierSerializer))

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

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation("reorder_rules_list", tag=TAG, query=PageParameters, response=page_of(ReorderRuleSerializer))
    def get(self, request: Request) -> Response:
        """List reorder rules.

        Sellers see those of their own variants, staff see all.
        """
        rows = selectors.rules_of(account_of(request))
        parameters = parse(request, PageParameters)
        return page_response(request, rows, parameters=parameters, shown=rows_of(ReorderRuleSerializer))


class ReorderRuleView(APIView):
    """The reorder rule of a variant."""

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

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
        variant = variant_managed_by(account_of(request), variant_id)
        values = parse_body(request, NewReorderRuleSerializer)
        if values["supplier"] is not None:
            seller_id = variant.product.seller_id
            values["supplier"] = selectors.supplier_for(values["supplier"], seller_id=seller_id)
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

    permission_classes = (SellerOrInArea(StaffArea.STOCK),)

    @operation("reorder_proposals_list", tag=TAG, response=envelope_of(ProposalSerializer(many=True)))
    def get(self, request: Request) -> Response:
        """List what the reorder rules propose to order now.

        Nothing is written. Variants above their reorder point are left out.
        """
        user = account_of(request)
        rules = rules_for_reordering()
        if not user.has_area(StaffArea.STOCK):
            rules = rules.filter(variant__product__seller=user)
        found = proposals(list(rules), now=timezone.now())
        return envelope(ProposalSerializer(found, many=True).data)
