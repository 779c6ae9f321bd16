"""The baseline for recommendations: the same authentication, throttle and read from Redis, and no list."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.shoppers import shopper_of
from backend.api.throttles import BrowseThrottle
from backend.recommendations.selectors import last_activity


class HelloView(APIView):
    """A greeting."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)

    def get(self, request: Request) -> Response:
        """Read the shopper's recent products and return a greeting."""
        last_activity(shopper_of(request).key)
        return envelope({"hello": "world"})
