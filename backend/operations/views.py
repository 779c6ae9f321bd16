"""Health, as a load balancer asks for it."""

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.operations.health import probe_all, state_of

DATABASE = {"healthy": True, "required": True}


class LivenessSerializer(serializers.Serializer[Any]):
    """This process answers."""

    EXAMPLE = {"state": "live"}

    state = serializers.CharField()


class DependencySerializer(serializers.Serializer[Any]):
    """One dependency; operators see its details on the port of the metrics."""

    EXAMPLE = DATABASE

    healthy = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name DRF's fields use for themselves."""
        return {**super().get_fields(), "required": serializers.BooleanField()}


class ReadinessSerializer(serializers.Serializer[Any]):
    """`ready`, `degraded` (something that is not required fails) or `unavailable`."""

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

    @operation("liveness_get", tag="health", response=envelope_of(LivenessSerializer))
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
        response={200: envelope_of(ReadinessSerializer), 503: envelope_of(ReadinessSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Tell whether the shop can serve.

        Every dependency is checked. The status is 503 if one that is required doesn't work.
        """
        probes = probe_all()
        state = state_of(probes)
        dependencies = {
            probe.name: {"healthy": probe.healthy, "required": probe.required} for probe in probes
        }
        body = {"state": state, "dependencies": dependencies}
        return envelope(body, status=503 if state == "unavailable" else 200)
