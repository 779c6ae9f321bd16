"""Errors of webhooks: those of the API, and those of sending."""

from backend.api.errors import DomainError, NotFound


class AddressRefused(Exception):
    """A URL that may not receive events; the text says what is wrong with it."""


class NotSent(Exception):
    """A request without a complete head of a response; the text says why."""


class WebhooksStuck(Exception):
    """Events are not being sent; says since when, and what an operator can do."""

    remedy = "is a Celery worker running with beat?"


class WebhookEndpointNotFound(NotFound):
    """There is no such endpoint, or it is another seller's."""

    code = "webhook_endpoint_not_found"
    message = "There is no such webhook endpoint."
    details_keys = {"endpoint": "The endpoint's id."}
    hint = "List the endpoints with `webhook_endpoints_list`."


class WebhookDeliveryNotFound(NotFound):
    """There is no such delivery, or it is another seller's; old ones are deleted."""

    code = "webhook_delivery_not_found"
    message = "There is no such webhook delivery."
    details_keys = {"delivery": "The delivery's id."}
    hint = "List the deliveries of the endpoint."


class WebhookDeliveryUnfinished(DomainError):
    """The delivery is waiting or being sent, so it can't be replayed."""

    code = "webhook_delivery_unfinished"
    status = 409
    message = "The webhook delivery is not finished yet."
    details_keys = {"delivery": "The delivery's id.", "state": "Its state."}
    hint = "Wait until it is finished, or discard it."


class WebhookDeliveryFinished(DomainError):
    """The delivery is delivered, given up or being sent, so it can't be discarded."""

    code = "webhook_delivery_finished"
    status = 409
    message = "Only a webhook delivery that waits can be discarded."
    details_keys = {"delivery": "The delivery's id.", "state": "Its state."}
    hint = "Nothing needs to be done."


class WebhookEndpointLimit(DomainError):
    """The owner has as many endpoints as are allowed."""

    code = "webhook_endpoint_limit"
    status = 409
    message = "There are as many webhook endpoints as are allowed."
    details_keys = {"limit": "The number of endpoints that an owner may have."}
    hint = "Delete an endpoint, or choose more event types for one that exists."
