"""The intake of events, open to guests."""

from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline.events import MAX_EVENTS
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import EventsThrottle
from backend.engines.errors import StreamNotAvailable
from backend.tracking.errors import BatchTooLarge
from backend.tracking.serializers import EventsSerializer, TakenSerializer
from backend.tracking.services import MAX_BYTES, take


class EventsView(APIView):
    """What shoppers do."""

    permission_classes = (AllowAny,)
    throttle_classes = (EventsThrottle,)

    @operation(
        "events_create",
        tag="events",
        request=EventsSerializer,
        headers=[ANONYMOUS_ID],
        answer=envelope_of(TakenSerializer),
        status=202,
        errors=[BatchTooLarge, StreamNotAvailable],
    )
    def post(self, request: Request) -> Response:
        """Accept a batch of events.

        Each event is validated alone: the answer names those that were refused, with the reasons, and the
        others are accepted. Repeat a batch that got no answer with the same event ids: each event counts
        once.
        """
        taken = take(_body(request), shopper=shopper_of(request), now=timezone.now())
        return envelope(TakenSerializer(taken).data, status=202)


def _body(request: Request) -> bytes:
    """Return the body as it came: beacons of browsers don't call themselves JSON."""
    too_large = BatchTooLarge(max_events=MAX_EVENTS, max_bytes=MAX_BYTES)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise too_large
    try:
        body = request._request.body
    except RequestDataTooBig as error:
        raise too_large from error
    if len(body) > MAX_BYTES:
        raise too_large
    return body
