"""Health as the load balancer and the person on call ask for it."""

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.operations.health import Probe, probe_all

DATABASE = {"healthy": True, "required": True, "latency_ms": 1.3}


class LivenessSerializer(serializers.Serializer[Any]):
    """This process answers."""

    EXAMPLE = {"state": "live"}

    state = serializers.CharField()


class DependencySerializer(serializers.Serializer[Any]):
    """One dependency; further fields are facts of its own, such as its lag."""

    EXAMPLE = DATABASE

    healthy = serializers.BooleanField()
    latency_ms = serializers.FloatField()

    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name DRF's fields use for themselves."""
        return {**super().get_fields(), "required": serializers.BooleanField()}


class ReadinessSerializer(serializers.Serializer[Any]):
    """`ready`, `degraded` (a part that others can do without is down) or `unavailable`."""

    EXAMPLE = {"state": "ready", "dependencies": {"database": DATABASE}}

    state = serializers.ChoiceField(choices=["ready", "degraded", "unavailable"])
    dependencies = serializers.DictField(child=DependencySerializer())


class OpenView(APIView):
    """Open to guests, and never throttled."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class LiveView(OpenView):
    """Whether this process runs."""

    @operation("liveness_get", tag="health", answer=envelope_of(LivenessSerializer))
    def get(self, request: Request) -> Response:
        """Tell whether the process runs.

        No dependency is checked.
        """
        return envelope({"state": "live"})


class ReadyView(OpenView):
    """Whether this shop can serve."""

    @operation(
        "readiness_get",
        tag="health",
        answer={200: envelope_of(ReadinessSerializer), 503: envelope_of(ReadinessSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Tell whether the shop can serve.

        Every dependency is checked. The status is 503 if one that is required doesn't work.
        """
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
