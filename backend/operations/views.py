"""Health as the load balancer and the person on call ask for it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of
from backend.operations.health import Probe, probe_all


class LivenessSerializer(serializers.Serializer[Any]):
    """This process answers."""

    state = serializers.CharField()


class DependencySerializer(serializers.Serializer[Any]):
    """One dependency; further fields are facts of its own, such as its lag."""

    healthy = serializers.BooleanField()
    latency_ms = serializers.FloatField()

    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name DRF's fields use for themselves."""
        return {**super().get_fields(), "required": serializers.BooleanField()}


class ReadinessSerializer(serializers.Serializer[Any]):
    """`ready`, `degraded` (a part that others can do without is down) or `unavailable`."""

    state = serializers.ChoiceField(choices=["ready", "degraded", "unavailable"])
    dependencies = serializers.DictField(child=DependencySerializer())


class OpenView(APIView):
    """Open to everybody, and never throttled."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class LiveView(OpenView):
    """Whether this process runs."""

    @extend_schema(responses=envelope_of(LivenessSerializer), tags=["health"])
    def get(self, request: Request) -> Response:
        """Answer at once, asking nobody."""
        return envelope({"state": "live"})


class ReadyView(OpenView):
    """Whether this shop can serve."""

    @extend_schema(responses=envelope_of(ReadinessSerializer), tags=["health"])
    def get(self, request: Request) -> Response:
        """Ask every dependency; 503 where one that is required does not do its work."""
        probes = probe_all()
        unavailable = any(probe.required and not probe.healthy for probe in probes)
        degraded = any(not probe.healthy for probe in probes)
        state = "unavailable" if unavailable else "degraded" if degraded else "ready"
        body = {"state": state, "dependencies": {probe.name: _shown(probe) for probe in probes}}
        return envelope(body, status=503 if unavailable else 200)


def _shown(probe: Probe) -> dict[str, object]:
    return {
        "healthy": probe.healthy,
        "required": probe.required,
        "latency_ms": probe.latency_ms,
        **probe.facts,
    }
