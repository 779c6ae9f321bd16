"""The intake of events, open to guests."""

from django.utils import timezone
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline.stream import Allowance, AllowanceExceeded
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import EventsThrottle
from backend.engines.errors import StreamNotAvailable
from backend.tracking.bodies import body_of
from backend.tracking.errors import BatchTooLarge, UnsupportedEncoding
from backend.tracking.serializers import EventsSerializer, TakenSerializer
from backend.tracking.services import take


class EventsView(APIView):
    """Events that shoppers' clients send."""

    permission_classes = (AllowAny,)
    throttle_classes = (EventsThrottle,)

    def check_throttles(self, request: Request) -> None:
        """Do nothing: `take` counts the request in the same round trip that appends to the stream."""

    @operation(
        "events_create",
        tag="events",
        request=EventsSerializer,
        headers=[ANONYMOUS_ID],
        response=envelope_of(TakenSerializer),
        status=202,
        errors=[BatchTooLarge, UnsupportedEncoding, StreamNotAvailable],
    )
    def post(self, request: Request) -> Response:
        """Accept a batch of events.

        Each event is validated separately: valid events are accepted, and the response lists the refused ones
        with the reasons. If there is no response, send the batch again with the same event ids; each event
        counts only once.
        """
        throttle = EventsThrottle()
        try:
            taken = take(
                body_of(request._request),
                shopper=shopper_of(request),
                address=throttle.get_ident(request),
                allowance=_allowance(throttle, request, self),
                now=timezone.now(),
            )
        except AllowanceExceeded as error:
            raise Throttled(wait=error.seconds) from error
        refused = [{"index": one.index, "reason": one.reason} for one in taken.refused]
        return envelope({"accepted": taken.accepted, "refused": refused}, status=202)


def _allowance(throttle: EventsThrottle, request: Request, view: APIView) -> Allowance | None:
    """Return how many requests the caller may send; None without a limit."""
    limit, seconds = throttle.parse_rate(throttle.rate)
    if limit is None or seconds is None:
        return None
    key = throttle.get_cache_key(request, view)
    return Allowance(key=f"vitrine:{key}", limit=limit, seconds=seconds)
