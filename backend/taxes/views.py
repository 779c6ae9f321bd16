"""Endpoints of tax rates, for staff."""

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
from backend.taxes import selectors, services
from backend.taxes.errors import TaxRateExists, TaxRateNotFound
from backend.taxes.models import TaxRate
from backend.taxes.serializers import DeletedTaxRateSerializer, TaxRateInputSerializer, TaxRateSerializer

TAG = "taxes and shipping"


class TaxRateListView(APIView):
    """The table of tax rates."""

    permission_classes = (InArea(StaffArea.PAYMENTS),)

    @operation("tax_rates_list", tag=TAG, query=PageParameters, response=page_of(TaxRateSerializer))
    def get(self, request: Request) -> Response:
        """List the tax rates, by country, state and tax class."""
        parameters = parse(request, PageParameters)
        rows = TaxRate.objects.all()
        return page_response(request, rows, parameters=parameters, shown=rows_of(TaxRateSerializer))

    @operation(
        "tax_rates_create",
        tag=TAG,
        request=TaxRateInputSerializer,
        response=envelope_of(TaxRateSerializer),
        status=201,
        errors=[TaxRateExists],
    )
    def post(self, request: Request) -> Response:
        """Create a tax rate.

        With the first rate, the table replaces the setting TAX_PERCENTAGE: places without a rate are not
        taxed.
        """
        rate = services.create_tax_rate(parse_body(request, TaxRateInputSerializer), by=actor_of(request))
        return envelope(TaxRateSerializer(rate).data, message="Tax rate created.", status=201)


class TaxRateView(APIView):
    """A tax rate."""

    permission_classes = (InArea(StaffArea.PAYMENTS),)

    @operation("tax_rates_get", tag=TAG, response=envelope_of(TaxRateSerializer), errors=[TaxRateNotFound])
    def get(self, request: Request, tax_rate_id: int) -> Response:
        """Show a tax rate."""
        return envelope(TaxRateSerializer(selectors.tax_rate_for(tax_rate_id)).data)

    @operation(
        "tax_rates_update",
        tag=TAG,
        request=TaxRateInputSerializer,
        response=envelope_of(TaxRateSerializer),
        errors=[TaxRateNotFound, TaxRateExists],
    )
    def put(self, request: Request, tax_rate_id: int) -> Response:
        """Replace a tax rate.

        It applies to orders that are placed afterwards.
        """
        values = parse_body(request, TaxRateInputSerializer)
        rate = services.replace_tax_rate(tax_rate_id, values=values, by=actor_of(request))
        return envelope(TaxRateSerializer(rate).data, message="Tax rate changed.")

    @operation(
        "tax_rates_delete",
        tag=TAG,
        response=envelope_of(DeletedTaxRateSerializer),
        errors=[TaxRateNotFound],
    )
    def delete(self, request: Request, tax_rate_id: int) -> Response:
        """Delete a tax rate.

        Without any rate, the setting TAX_PERCENTAGE applies everywhere.
        """
        services.delete_tax_rate(tax_rate_id, by=actor_of(request))
        return envelope(DeletedTaxRateSerializer({"id": tax_rate_id}).data, message="Tax rate deleted.")
