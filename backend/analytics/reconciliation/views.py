"""Results of comparisons of the ledger with the warehouse, for staff."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.analytics.errors import ReconciliationNotFound
from backend.analytics.models import Reconciliation
from backend.analytics.reconciliation.serializers import (
    ReconciliationDetailSerializer,
    ReconciliationSerializer,
)
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of


class ReconciliationListView(APIView):
    """The last comparisons."""

    permission_classes = (InArea(StaffArea.REPORTS),)

    @operation(
        "reconciliations_list",
        tag="analytics",
        query=PageParameters,
        response=page_of(ReconciliationSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the last comparisons of the order ledger with the warehouse, newest first.

        The ledger is compared every night, and by `manage.py reconcile`.
        """
        parameters = parse(request, PageParameters)
        rows = Reconciliation.objects.order_by("-pk")
        return page_response(request, rows, parameters=parameters, shown=rows_of(ReconciliationSerializer))


class ReconciliationView(APIView):
    """One comparison."""

    permission_classes = (InArea(StaffArea.REPORTS),)

    @operation(
        "reconciliation_get",
        tag="analytics",
        response=envelope_of(ReconciliationDetailSerializer),
        errors=[ReconciliationNotFound],
    )
    def get(self, request: Request, reconciliation_id: int) -> Response:
        """Show a comparison, with the totals, orders and movements that differ."""
        row = Reconciliation.objects.filter(pk=reconciliation_id).first()
        if row is None:
            raise ReconciliationNotFound(reconciliation=reconciliation_id)
        return envelope(ReconciliationDetailSerializer(row).data)
