"""Payment errors."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from backend.api.errors import DomainError, NotFound

if TYPE_CHECKING:
    from backend.payments.gateways.protocol import Report


class PaymentNotFound(NotFound):
    """The payment doesn't exist, or belongs to another customer's order."""

    code = "payment_not_found"
    message = "There is no such payment."
    details_keys = {
        "payment": "The payment's id.",
        "order_number": "The number of an order that is not paid in this way.",
        "request": "The id of a request to a gateway.",
    }
    hint = "The response to the order's placement has the id of its payment."


class GatewayNotOffered(DomainError):
    """The shop doesn't offer this way to pay."""

    code = "payment_gateway_not_offered"
    message = "The shop doesn't offer this way to pay."
    details_keys = {"gateway": "The name that was sent.", "allowed": "The names that are offered."}
    hint = "Use one of the names in `allowed`."


class WebhookNotFound(NotFound):
    """The shop receives no webhooks of this gateway."""

    code = "payment_webhook_not_found"
    message = "There is no such payment gateway."
    details_keys = {"gateway": "The name in the path."}
    hint = "Check the webhook's URL in the gateway's settings, and PAYMENT_GATEWAYS."


class InvalidWebhook(DomainError):
    """The webhook's signature is invalid or too old, or its body can't be read."""

    code = "invalid_webhook"
    message = "The webhook is not signed by the gateway, or can't be read."
    details_keys = {"reason": "What is wrong."}
    hint = "Check that the shop and the gateway have the same webhook secret, and the clocks."


class WebhookNotVerifiable(DomainError):
    """The webhook's signature can't be checked at the moment."""

    code = "webhook_not_verifiable"
    status = 503
    message = "The webhook's signature can't be checked right now; send it again later."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}
    details_keys = {"reason": "Why not."}
    hint = "Repeat the request after the seconds in the header Retry-After; gateways do so by themselves."


class AmountNotCapturable(DomainError):
    """More would be captured than is authorised."""

    code = "amount_not_capturable"
    status = 409
    message = "More would be captured than is authorised."
    details_keys = {"requested": "The amount to capture.", "available": "What can be captured."}
    hint = "Capture at most `available`."


class AmountNotRefundable(DomainError):
    """More would be refunded than was paid and not yet refunded."""

    code = "amount_not_refundable"
    status = 409
    message = "More would be refunded than was paid."
    details_keys = {"requested": "The amount to refund.", "available": "What can be refunded."}
    hint = "Refund at most `available`; refunds that are under way are already subtracted."


class AmountNotCollectable(DomainError):
    """More cash would be collected than is to be paid."""

    code = "amount_not_collectable"
    status = 409
    message = "More cash would be collected than is to be paid."
    details_keys = {"requested": "The amount collected.", "available": "What is to be paid."}
    hint = "Collect at most `available`."


class GatewayRefused(Exception):
    """The gateway definitely did not do what was requested; `reports` are what it said instead."""

    def __init__(self, reason: str, reports: "Sequence[Report]" = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reports = tuple(reports)


class OutcomeUnknown(Exception):
    """The gateway may or may not have done what was requested, or can't be reached."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
