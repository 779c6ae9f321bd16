"""Endpoints of the names of a shop's own events, for staff."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.tracking import event_names
from backend.tracking.errors import EventNameExists, EventNameNotFound
from backend.tracking.models import EventName
from backend.tracking.name_serializers import (
    EventNameChangesSerializer,
    EventNameInputSerializer,
    EventNameListParameters,
    EventNameSerializer,
)


class EventNameListView(APIView):
    """All names."""

    permission_classes = (InArea(StaffArea.REPORTS),)

    @operation(
        "event_names_list", tag="events", query=EventNameListParameters, response=page_of(EventNameSerializer)
    )
    def get(self, request: Request) -> Response:
        """List the names of the shop's own events."""
        parameters = parse(request, EventNameListParameters)
        rows = EventName.objects.all()
        if parameters["is_active"] is not None:
            rows = rows.filter(is_active=parameters["is_active"])
        return page_response(request, rows, parameters=parameters, shown=rows_of(EventNameSerializer))

    @operation(
        "event_names_create",
        tag="events",
        request=EventNameInputSerializer,
        response=envelope_of(EventNameSerializer),
        status=201,
        errors=[EventNameExists],
    )
    def post(self, request: Request) -> Response:
        """Register a name for `custom` events.

        Events with the name are accepted within some seconds. Events that were refused before can be
        replayed.
        """
        values = parse_body(request, EventNameInputSerializer)
        row = event_names.create_event_name(values, by=actor_of(request), now=timezone.now())
        return envelope(EventNameSerializer(row).data, message="Event name registered.", status=201)


class EventNameView(APIView):
    """One name."""

    permission_classes = (InArea(StaffArea.REPORTS),)

    @operation(
        "event_names_get",
        tag="events",
        response=envelope_of(EventNameSerializer),
        errors=[EventNameNotFound],
    )
    def get(self, request: Request, event_name_id: int) -> Response:
        """Show a name."""
        return envelope(EventNameSerializer(event_names.event_name_for(event_name_id)).data)

    @operation(
        "event_names_update",
        tag="events",
        request=EventNameChangesSerializer,
        response=envelope_of(EventNameSerializer),
        errors=[EventNameNotFound],
    )
    def patch(self, request: Request, event_name_id: int) -> Response:
        """Change a name's description and properties, or deactivate it.

        `properties` replaces all of them. The change is effective within some seconds, and stored events
        stay as they are.
        """
        changes = parse_body(request, EventNameChangesSerializer)
        row = event_names.update_event_name(
            event_name_id, changes=changes, by=actor_of(request), now=timezone.now()
        )
        return envelope(EventNameSerializer(row).data, message="Event name changed.")
