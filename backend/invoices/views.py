"""Endpoints of invoices, credit notes and packing slips."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import HasAccountOrCartToken, SellerOrInArea
from backend.api.errors import InvalidInput
from backend.api.formats import Format, requested_format
from backend.api.owners import CART_TOKEN
from backend.api.renderers import JsonAlways
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.security_headers import nonce_of
from backend.invoices import selectors
from backend.invoices.errors import InvoiceNotFound, PdfBusy, PdfNotAvailable, PdfTooSlow
from backend.invoices.formats import (
    HTML,
    INVOICE_FORMAT_PARAMETER,
    INVOICE_FORMATS,
    JSON,
    PAGE_FORMAT_PARAMETER,
    PAGE_FORMATS,
    PDF,
)
from backend.invoices.pdf import pdf_of_html
from backend.invoices.rendering import invoice_html, packing_slip_html
from backend.invoices.serializers import NUMBER_PARAMETER, InvoiceSerializer, InvoiceSummarySerializer
from backend.orders.access import viewer_of
from backend.orders.errors import OrderNotFound, ShipmentNotFound
from backend.orders.selectors import require_visible

TAG = "invoices"


class InvoiceListView(APIView):
    """The invoice and the credit notes of an order."""

    permission_classes = (HasAccountOrCartToken,)

    @operation(
        "order_invoices_list",
        tag=TAG,
        headers=[CART_TOKEN],
        response=envelope_of(InvoiceSummarySerializer(many=True)),
        errors=[OrderNotFound],
    )
    def get(self, request: Request, order_id: int) -> Response:
        """List the invoice and the credit notes of an order, oldest first.

        The invoice is issued shortly after the order is confirmed, a credit note after units are cancelled or
        returned, or money is refunded.
        """
        require_visible(order_id, viewer=viewer_of(request))
        return envelope(InvoiceSummarySerializer(selectors.invoices_of(order_id), many=True).data)


class InvoiceView(APIView):
    """One invoice or credit note."""

    permission_classes = (HasAccountOrCartToken,)
    content_negotiation_class = JsonAlways

    @operation(
        "invoices_get",
        tag=TAG,
        headers=[CART_TOKEN],
        parameters=[NUMBER_PARAMETER, INVOICE_FORMAT_PARAMETER],
        response={
            (200, JSON.media_type): envelope_of(InvoiceSerializer),
            (200, HTML.media_type): HTML.schema,
            (200, PDF.media_type): PDF.schema,
        },
        errors=[InvalidInput, InvoiceNotFound, PdfNotAvailable, PdfBusy, PdfTooSlow],
    )
    def get(self, request: Request, number: str) -> Response | HttpResponse:
        """Show or print an invoice or a credit note.

        Customers and guests see those of their own orders, staff see all. The document never changes.
        """
        chosen = requested_format(request, INVOICE_FORMATS)
        invoice = selectors.invoice_for(number, viewer=viewer_of(request))
        if chosen is JSON:
            return envelope(InvoiceSerializer(invoice).data)
        page = invoice_html(invoice, nonce=nonce_of(request))
        return _printed(page, name=invoice.number, chosen=chosen)


class PackingSlipView(APIView):
    """The packing slip of a parcel."""

    permission_classes = (SellerOrInArea(StaffArea.ORDERS),)
    content_negotiation_class = JsonAlways

    @operation(
        "packing_slips_get",
        tag=TAG,
        parameters=[PAGE_FORMAT_PARAMETER],
        response={(200, HTML.media_type): HTML.schema, (200, PDF.media_type): PDF.schema},
        errors=[InvalidInput, ShipmentNotFound, PdfNotAvailable, PdfBusy, PdfTooSlow],
    )
    def get(self, request: Request, shipment_id: int) -> HttpResponse:
        """Print the packing slip of a parcel, which has no prices.

        Sellers can print those of their own parcels, staff all.
        """
        chosen, user = requested_format(request, PAGE_FORMATS), account_of(request)
        shipment = selectors.shipment_for(shipment_id, seller_id=user.limited_to_seller(StaffArea.ORDERS))
        page = packing_slip_html(shipment, nonce=nonce_of(request))
        return _printed(page, name=shipment.number, chosen=chosen)


def _printed(page: str, *, name: str, chosen: Format) -> HttpResponse:
    """Return the page, or a PDF of it, to be shown in the browser."""
    headers = {
        "Content-Disposition": content_disposition_header(
            as_attachment=False, filename=f"{name}.{chosen.name}"
        ),
        "Referrer-Policy": "no-referrer",
    }
    if chosen is PDF:
        return HttpResponse(pdf_of_html(page), content_type=PDF.media_type, headers=headers)
    return HttpResponse(page, headers=headers)
