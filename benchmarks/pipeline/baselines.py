"""What the intake is compared with: a view that does nothing, and an intake written with DRF serializers."""

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
    """Answer 202 without reading anything."""
    return HttpResponse(status=202)


class EventSerializer(serializers.Serializer[Any]):
    """An event as an ordinary serializer."""

    event_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=("search", "seen", "click", "view", "cart_add", "cart_remove"))
    session_id = serializers.UUIDField(required=False)
    product_id = serializers.IntegerField(required=False, min_value=1)
    variant_id = serializers.IntegerField(required=False, min_value=1)
    quantity = serializers.IntegerField(required=False, min_value=1)
    exposure_id = serializers.UUIDField(required=False)
    position = serializers.IntegerField(required=False, min_value=1)
    product_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    query = serializers.CharField(required=False, max_length=500)

    def validate_event_id(self, value: UUID) -> UUID:
        """Refuse what is no UUIDv7."""
        if value.version != 7:
            raise serializers.ValidationError("Not a UUIDv7.")
        return value


class BatchSerializer(serializers.Serializer[Any]):
    """A batch of events."""

    events = EventSerializer(many=True)


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
