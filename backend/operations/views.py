"""Health endpoints for load balancers."""

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
    """The state of the process, always `live`."""

    EXAMPLE = {"state": "live"}

    state = serializers.CharField()


class DependencySerializer(serializers.Serializer[Any]):
    """A dependency; operators see its details on the metrics port."""

    EXAMPLE = DATABASE

    healthy = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """Add `required`, which can't be declared because it is an attribute of serializers."""
        return {**super().get_fields(), "required": serializers.BooleanField()}


class ReadinessSerializer(serializers.Serializer[Any]):
    """The state is `ready`, `degraded` (an optional dependency fails) or `unavailable`."""

    EXAMPLE = {"state": "ready", "dependencies": {"database": DATABASE}}

    state = serializers.ChoiceField(choices=["ready", "degraded", "unavailable"])
    dependencies = serializers.DictField(child=DependencySerializer())


class OpenView(APIView):
    """A view that is open to guests and never throttled."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


class LiveView(OpenView):
    """Liveness."""

    @operation("liveness_get", tag="health", response=envelope_of(LivenessSerializer))
    def get(self, request: Request) -> Response:
        """Check that the process runs.

        No dependency is checked.
        """
        return envelope({"state": "live"})


class ReadyView(OpenView):
    """Readiness."""

    @operation(
        "readiness_get",
        tag="health",
        response={200: envelope_of(ReadinessSerializer), 503: envelope_of(ReadinessSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Check that the shop can serve requests.

        Every dependency is checked. The status is 503 if a required one doesn't work.
        """
        probes = probe_all()
        state = state_of(probes)
        dependencies = {
            probe.name: {"healthy": probe.healthy, "required": probe.required} for probe in probes
        }
        body = {"state": state, "dependencies": dependencies}
        return envelope(body, status=503 if state == "unavailable" else 200)
