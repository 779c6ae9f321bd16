"""The intake of events, open to guests."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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

    @operation(
        "events_create",
        tag="events",
        request=EventsSerializer,
        headers=[ANONYMOUS_ID],
        answer=envelope_of(TakenSerializer),
        status=202,
        errors=[BatchTooLarge, UnsupportedEncoding, StreamNotAvailable],
    )
    def post(self, request: Request) -> Response:
        """Accept a batch of events.

        Each event is validated alone: the answer names those that were refused, with the reasons, and the
        others are accepted. Repeat a batch that got no answer with the same event ids: each event counts
        once.
        """
        taken = take(
            body_of(request._request),
            shopper=shopper_of(request),
            address=EventsThrottle().get_ident(request),
            now=timezone.now(),
        )
        refused = [{"index": one.index, "reason": one.reason} for one in taken.refused]
        return envelope({"accepted": taken.accepted, "refused": refused}, status=202)
