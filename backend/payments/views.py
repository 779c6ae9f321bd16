"""Endpoints of payments: for the owner of an order, for staff, and for the webhooks of gateways."""

from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.payments import selectors, webhooks
from backend.payments.access import may_see
from backend.payments.errors import InvalidWebhook, PaymentNotFound, WebhookNotFound, WebhookNotVerifiable
from backend.payments.serializers import (
    PaymentFilters,
    PaymentRecordSerializer,
    PaymentSerializer,
    WebhookReceiptSerializer,
    WebhookSerializer,
)
from backend.payments.throttles import WebhookThrottle

TAG = "payments"
PAYMENT_ID = {
    "name": "payment_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
    "description": "The payment's id.",
}
GATEWAY = {
    "name": "gateway",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": ["test", "stripe", "paypal"]},
    "description": "The gateway that sends the webhook.",
}
# The largest events of Stripe and PayPal have some 100 kB.
MAX_WEBHOOK_BYTES = 262_144


class PaymentListView(APIView):
    """The payments of the shop."""

    permission_classes = (InArea(StaffArea.PAYMENTS),)

    @operation("payments_list", tag=TAG, query=PaymentFilters, response=page_of(PaymentRecordSerializer))
    def get(self, request: Request) -> Response:
        """List payments with their events and requests, newest first."""
        parameters = parse(request, PaymentFilters)
        rows = selectors.payments_matching(parameters)
        return page_response(request, rows, parameters=parameters, shown=rows_of(PaymentRecordSerializer))


class PaymentView(APIView):
    """A payment."""

    permission_classes = (AllowAny,)

    @operation(
        "payments_get",
        tag=TAG,
        parameters=[PAYMENT_ID],
        response=envelope_of(PaymentSerializer),
        errors=[PaymentNotFound],
    )
    def get(self, request: Request, payment_id: UUID) -> Response:
        """Show a payment to the owner of its order, or to staff.

        Storefronts read `client_data` here, and poll `status` while the customer pays.
        """
        payment = selectors.payment_by_id(payment_id)
        if not may_see(request, order_number=payment.order_number):
            raise PaymentNotFound(payment=str(payment_id))
        return envelope(PaymentSerializer(payment).data)


class WebhookView(APIView):
    """Webhooks of a payment gateway."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (WebhookThrottle,)

    @operation(
        "payment_webhooks_create",
        tag=TAG,
        parameters=[GATEWAY],
        request=WebhookSerializer,
        response=envelope_of(WebhookReceiptSerializer),
        errors=[WebhookNotFound, InvalidWebhook, WebhookNotVerifiable],
    )
    def post(self, request: Request, gateway: str) -> Response:
        """Receive a webhook of a payment gateway.

        The body must be signed as the gateway documents. A repeated event changes nothing.
        """
        body = _body_of(request._request)
        recorded = webhooks.receive(gateway, body=body, headers=request.headers, now=timezone.now())
        return envelope({"recorded": recorded})


def _body_of(request: HttpRequest) -> bytes:
    """Return the raw body, whose bytes are signed.

    Raises:
        RequestDataTooBig: it has more than MAX_WEBHOOK_BYTES.
    """
    body = request.body
    if len(body) > MAX_WEBHOOK_BYTES:
        raise RequestDataTooBig(f"A webhook has at most {MAX_WEBHOOK_BYTES} bytes.")
    return body
