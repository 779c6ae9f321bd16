"""The intake of events, open to guests."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, sender_of
from backend.api.throttles import EventsThrottle
from backend.engines.errors import StreamNotAvailable
from backend.tracking.bodies import body_of
from backend.tracking.errors import BatchTooLarge, TooManyNewGuests, UnsupportedEncoding
from backend.tracking.limits import client_of
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
        headers=[ANONYMOUS_ID, TRACKING_CONSENT],
        response=envelope_of(TakenSerializer),
        status=202,
        errors=[BatchTooLarge, TooManyNewGuests, UnsupportedEncoding, StreamNotAvailable],
    )
    def post(self, request: Request) -> Response:
        """Accept a batch of events.

        Each event is validated separately: valid events are accepted, and the response lists the refused ones
        with the reasons. If there is no response, send the batch again with the same event ids; each event
        counts only once.

        Without consent to tracking nothing is stored: `tracked` is false and `accepted` 0. One objection is
        enough, of the browser (`Sec-GPC` or `DNT`), of the account, or in the header or the body; otherwise
        one consent is. Without either, the shop's setting decides.
        """
        sender = sender_of(request)
        taken = take(
            body_of(request._request),
            shopper=sender.shopper,
            choice=sender.choice,
            client=client_of(request),
            now=timezone.now(),
        )
        refused = [{"index": one.index, "reason": one.reason} for one in taken.refused]
        data = {"accepted": taken.accepted, "refused": refused, "tracked": taken.tracked}
        return envelope(data, status=202)
