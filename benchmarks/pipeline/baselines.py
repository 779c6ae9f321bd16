"""The baselines for intake: a view that does nothing, and an intake written with DRF serializers."""

import json
from functools import cache
from typing import Any
from uuid import UUID

import redis
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from backend.api.responses import envelope
from backend.api.throttles import EventsThrottle

KEY = "benchmark:events"


@csrf_exempt
def null(request: HttpRequest) -> HttpResponse:
    """Return 202 without reading the request."""
    return HttpResponse(status=202)


class EventSerializer(serializers.Serializer[Any]):
    """The fields of every event."""

    event_id = serializers.UUIDField()
    session_id = serializers.UUIDField(required=False)
    properties = serializers.DictField(required=False)

    def validate_event_id(self, value: UUID) -> UUID:
        """Refuse a value that is no UUIDv7."""
        if value.version != 7:
            raise serializers.ValidationError("Not a UUIDv7.")
        return value


class SearchSerializer(EventSerializer):
    """A shopper sent a search query."""

    query = serializers.CharField(max_length=500)
    exposure_id = serializers.UUIDField(required=False)


class SeenSerializer(EventSerializer):
    """Products came into view."""

    exposure_id = serializers.UUIDField()
    product_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=500)


class ViewSerializer(EventSerializer):
    """A product's page was viewed."""

    product_id = serializers.IntegerField(min_value=1)
    exposure_id = serializers.UUIDField(required=False)


class ClickSerializer(ViewSerializer):
    """A product in a list was clicked."""

    position = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


class CartRemoveSerializer(EventSerializer):
    """Units of a product were taken out of a cart."""

    product_id = serializers.IntegerField(min_value=1)
    variant_id = serializers.IntegerField(required=False, min_value=1)
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


class CartAddSerializer(CartRemoveSerializer):
    """Units of a product went into a cart."""

    exposure_id = serializers.UUIDField(required=False)


_BY_TYPE = {
    "search": SearchSerializer,
    "seen": SeenSerializer,
    "view": ViewSerializer,
    "click": ClickSerializer,
    "cart_add": CartAddSerializer,
    "cart_remove": CartRemoveSerializer,
}


class AnyEventSerializer(serializers.Serializer[Any]):
    """Validates each event with its type's serializer, which is created once per request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._serializers = {name: kind() for name, kind in _BY_TYPE.items()}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the validated event."""
        serializer = self._serializers.get(data.get("type"))
        if serializer is None:
            raise serializers.ValidationError({"type": "Unknown type."})
        return {"type": data["type"], **serializer.run_validation(data)}


class BatchSerializer(serializers.Serializer[Any]):
    """A batch of events."""

    events = AnyEventSerializer(many=True)


class SerializersView(APIView):
    """Validates a batch with serializers and appends it to a stream."""

    permission_classes = (AllowAny,)
    throttle_classes = (EventsThrottle,)

    def post(self, request: Request) -> Response:
        """Accept a batch."""
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        entry = {"arrived_at": timezone.now(), **serializer.validated_data}
        _client().xadd(KEY, {"batch": json.dumps(entry, default=str)})
        return envelope({"accepted": len(entry["events"]), "refused": []}, status=202)


@cache
def _client() -> Any:
    return redis.Redis.from_url(embedded.redis_url(PipelineSettings.from_env()))
