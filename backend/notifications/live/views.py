"""The endpoint of live events.

The view decides what a client may watch; the web process keeps the connection.
"""

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.authentication import session_of
from backend.api.addresses import client_address, counted_address
from backend.api.parameters import parse
from backend.api.renderers import JsonAlways
from backend.api.schema import operation
from backend.api.throttles import BrowseThrottle
from backend.notifications.live.errors import LiveUnavailable, TooManyConnections
from backend.notifications.live.events import product_target, user_target
from backend.notifications.live.grants import HEADER, Grant

MOST_PRODUCTS = 100
STREAM_SCHEMA = {"type": "string", "example": "id: 1772452800000-0\nevent: ready\ndata: {}\n\n"}


class LiveParameters(serializers.Serializer[None]):
    """The parameters of live events."""

    products = serializers.RegexField(
        rf"^[0-9]{{1,18}}(,[0-9]{{1,18}}){{0,{MOST_PRODUCTS - 1}}}$",
        required=False,
        help_text=f"The ids of up to {MOST_PRODUCTS} products whose stock to watch, separated by commas.",
    )
    last_event_id = serializers.CharField(
        max_length=40,
        required=False,
        help_text="For clients that can't send the header Last-Event-ID with their first request.",
    )


class LiveView(APIView):
    """Live events as server-sent events."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)
    content_negotiation_class = JsonAlways

    @operation(
        "live_events_get",
        tag="notifications",
        query=LiveParameters,
        response={(200, "text/event-stream"): STREAM_SCHEMA},
        errors=[TooManyConnections, LiveUnavailable],
        refuses_some_guests=True,
    )
    def get(self, request: Request) -> HttpResponse:
        """Receive what happens, as server-sent events.

        Events are `notification` (a message in your inbox), `order` (a step of an order of yours) and
        `stock` (of the given products; the only ones for guests). `ready` follows what you have missed since
        the header Last-Event-ID; `reset` means that it is unknown what you have missed: load again what you
        show. An event may be repeated. The connection ends when your session ends.
        """
        parameters = parse(request, LiveParameters)
        products = parameters.get("products", "")
        targets = {product_target(int(product)) for product in products.split(",") if product}
        session, client = "", f"address:{counted_address(client_address(request))}"
        if request.user.is_authenticated:
            targets.add(user_target(request.user.pk))
            session, client = str(session_of(request).pk), user_target(request.user.pk)
        elif not targets:
            raise NotAuthenticated
        after = request.headers.get("Last-Event-ID") or parameters.get("last_event_id", "")
        grant = Grant(targets=frozenset(targets), client=client, session=session, after=after[:40])
        response = HttpResponse(content_type="text/event-stream")
        if request.method != "HEAD":
            # The web process replaces the body by the stream.
            response[HEADER] = grant.written()
        response["Cache-Control"] = "no-store"
        return response
