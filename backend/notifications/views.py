"""Endpoints of preferences, the log of deliveries, and the page that unsubscribes."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import InArea
from backend.api.errors import InvalidInput
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.renderers import JsonAlways
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.api.security_headers import nonce_of
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.notifications import selectors, services
from backend.notifications.errors import (
    DeliveryNotFound,
    DeliveryUnfinished,
    KindNotFound,
    OrderLinkInvalid,
    UnsubscribeLinkInvalid,
)
from backend.notifications.guests import order_of_link, unsubscribe_guest
from backend.notifications.links import read_token
from backend.notifications.models import OPTIONAL_KINDS, NotificationKind
from backend.notifications.serializers import (
    ChannelChoicesSerializer,
    DeliveryListParameters,
    NotificationDeliverySerializer,
    PreferenceChangesSerializer,
    PreferenceSerializer,
)
from backend.orders.fulfilment_serializers import FoundOrderSerializer

HTML = "text/html"
HTML_SCHEMA = {"type": "string", "example": "<!doctype html>…"}
# The address of the page is a secret of the recipient, and the page needs nothing but itself.
PAGE_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
KIND_PARAMETER = {
    "name": "kind",
    "in": "path",
    "required": True,
    "description": "The kind of message.",
    "schema": {"type": "string", "enum": [kind.value for kind in OPTIONAL_KINDS]},
}
TOKEN_PARAMETER = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": "The signed user and kind, as a link in a message has it.",
    "schema": {"type": "string"},
}


class PreferenceListView(APIView):
    """What the caller receives."""

    @operation(
        "notification_preferences_list",
        tag="notifications",
        response=envelope_of(PreferenceSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List the kinds of messages, and which you receive."""
        found = selectors.preferences_of(account_of(request))
        return envelope(PreferenceSerializer(found, many=True).data)


class PreferenceView(APIView):
    """Whether the caller receives a kind of message."""

    @operation(
        "notification_preferences_update",
        tag="notifications",
        parameters=[KIND_PARAMETER],
        request=PreferenceChangesSerializer,
        response=envelope_of(PreferenceSerializer(many=True)),
        errors=[KindNotFound],
    )
    def put(self, request: Request, kind: str) -> Response:
        """Choose whether you receive a kind of message."""
        user = account_of(request)
        chosen = selectors.kind_named(kind, user=user)
        if parse_body(request, PreferenceChangesSerializer)["subscribed"]:
            services.resubscribe(user.pk, kind=chosen, by=actor_of(request))
        else:
            services.unsubscribe(user.pk, kind=chosen, by=actor_of(request), now=timezone.now())
        return envelope(PreferenceSerializer(selectors.preferences_of(user), many=True).data)

    @operation(
        "notification_channels_update",
        tag="notifications",
        parameters=[KIND_PARAMETER],
        request=ChannelChoicesSerializer,
        response=envelope_of(PreferenceSerializer(many=True)),
        errors=[KindNotFound],
    )
    def patch(self, request: Request, kind: str) -> Response:
        """Choose over which channels you receive a kind of message."""
        user = account_of(request)
        chosen = selectors.kind_named(kind, user=user)
        for channel, wanted in parse_body(request, ChannelChoicesSerializer).items():
            if channel not in selectors.channels_of(chosen):
                raise InvalidInput(**{channel: "This kind is not sent over this channel."})
            if wanted:
                services.resubscribe(user.pk, kind=chosen, channel=channel, by=actor_of(request))
            else:
                services.unsubscribe(
                    user.pk, kind=chosen, channel=channel, by=actor_of(request), now=timezone.now()
                )
        return envelope(PreferenceSerializer(selectors.preferences_of(user), many=True).data)


class DeliveryListView(APIView):
    """The log of deliveries."""

    permission_classes = (InArea(StaffArea.CUSTOMERS),)

    @operation(
        "notification_deliveries_list",
        tag="notifications",
        query=DeliveryListParameters,
        response=page_of(NotificationDeliverySerializer),
    )
    def get(self, request: Request) -> Response:
        """List deliveries, newest first.

        `reason` says why a delivery failed, was skipped or is waiting.
        """
        parameters = parse(request, DeliveryListParameters)
        rows = selectors.deliveries(
            state=parameters.get("state"),
            kind=parameters.get("kind"),
            recipient_id=parameters.get("recipient"),
        )
        shown = rows_of(NotificationDeliverySerializer)
        return page_response(request, rows, parameters=parameters, shown=shown)


class SendAgainView(APIView):
    """Sending a message again."""

    permission_classes = (InArea(StaffArea.CUSTOMERS),)

    @operation(
        "notification_deliveries_send_again",
        tag="notifications",
        response=envelope_of(NotificationDeliverySerializer),
        errors=[DeliveryNotFound, DeliveryUnfinished],
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send a finished delivery again.

        It is sent within seconds, to the present address. If it was possibly sent before, it keeps its
        Message-ID.
        """
        row = services.send_again(delivery_id, by=actor_of(request), now=timezone.now())
        return envelope(NotificationDeliverySerializer(row).data, message="Queued.")


class UnsubscribeView(APIView):
    """The page of the links in messages. Opening it changes nothing, since mail scanners open links."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)
    content_negotiation_class = JsonAlways

    @operation(
        "unsubscribe_page_get",
        tag="notifications",
        parameters=[TOKEN_PARAMETER],
        response={(200, HTML): HTML_SCHEMA},
        errors=[UnsubscribeLinkInvalid],
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        """Show a page with a button that unsubscribes."""
        return _page(request, kind=read_token(token).kind, done=False)

    @operation(
        "unsubscriptions_create",
        tag="notifications",
        parameters=[TOKEN_PARAMETER],
        response={(200, HTML): HTML_SCHEMA},
        errors=[UnsubscribeLinkInvalid],
        ignores_body=True,
    )
    def post(self, request: Request, token: str) -> HttpResponse:
        """Unsubscribe from a kind of message, without a login.

        Mail programs send this request when their button is pressed (RFC 8058); a body is ignored. Repeating
        the request changes nothing.
        """
        link, now = read_token(token), timezone.now()
        if link.user_id is not None:
            services.unsubscribe(link.user_id, kind=link.kind, by=services.UNSUBSCRIBE_LINK, now=now)
        elif link.order_id is not None:
            unsubscribe_guest(link.order_id, kind=link.kind, now=now)
        return _page(request, kind=link.kind, done=True)


class GuestOrderView(APIView):
    """The order of a link in a message to a guest."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    @operation(
        "guest_orders_get",
        tag="orders",
        parameters=[{**TOKEN_PARAMETER, "description": "The signed order, as a link in a message has it."}],
        response=envelope_of(FoundOrderSerializer),
        errors=[OrderLinkInvalid],
    )
    def get(self, request: Request, token: str) -> Response:
        """Show a guest's order by the link of a message.

        No login is needed. Links last a year.
        """
        return envelope(FoundOrderSerializer(order_of_link(token)).data)


def _page(request: Request, *, kind: NotificationKind, done: bool) -> HttpResponse:
    context = {"kind_label": kind.label, "done": done, "nonce": nonce_of(request)}
    page = render_to_string("notifications/unsubscribe.html", context)
    return HttpResponse(page, headers=PAGE_HEADERS)
