"""Errors of notifications: those of the API, and those that a channel raises."""

from backend.api.errors import DomainError, NotFound


class UnsubscribeLinkInvalid(NotFound):
    """The link was not made by this shop, or the key that signed it was replaced."""

    code = "unsubscribe_link_invalid"
    message = "This link is not valid; change what you receive in your account."
    hint = "Log in and change what is received with `notification_preferences_update`."


class OrderLinkInvalid(NotFound):
    """The link was not made by this shop or is too old, or the order's address was erased."""

    code = "order_link_invalid"
    message = "This link is not valid; look the order up by its number and e-mail address."
    hint = "Call `orders_lookup`."


class InboxMessageNotFound(NotFound):
    """There is no such message in the caller's inbox; old ones are deleted."""

    code = "inbox_message_not_found"
    message = "There is no such message in your inbox."
    details_keys = {"message_id": "The requested id."}
    hint = "List the messages with `notifications_list`."


class KindNotFound(NotFound):
    """There is no such kind of message."""

    code = "notification_kind_not_found"
    message = "There is no such kind of message."
    details_keys = {"kind": "The requested kind.", "kinds": "The kinds that exist."}
    hint = "List the kinds with `notification_preferences_list`."


class DeliveryNotFound(NotFound):
    """There is no such delivery; old ones are deleted."""

    code = "delivery_not_found"
    message = "There is no such delivery."
    details_keys = {"delivery": "The delivery's id."}
    hint = "List the deliveries."


class DeliveryUnfinished(DomainError):
    """The delivery is waiting or being sent, so it can't be sent again."""

    code = "delivery_unfinished"
    status = 409
    message = "The delivery is not finished yet."
    details_keys = {"delivery": "The delivery's id.", "state": "Its state."}
    hint = "Wait until it is finished."


class DeliveriesStuck(Exception):
    """Messages are not being sent; says why, and what an operator can do."""

    remedy = "is a Celery worker running with beat, and does the mail server accept mail (EMAIL_HOST)?"


class ChannelError(Exception):
    """A channel could not send a message; the text says why."""


class Refused(ChannelError):
    """The message was refused for good."""


class Postponed(ChannelError):
    """The message was refused for now."""


class ChannelDown(ChannelError):
    """No message can be sent at the moment; this one was not."""


class PossiblySent(ChannelError):
    """The connection broke after the message was handed over, before the server confirmed it."""


class NothingToSend(Exception):
    """A delivery needs no message; the text says why."""
