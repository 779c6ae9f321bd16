"""Endpoints of the inbox and of quiet hours."""

from datetime import time

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.notifications import inbox, quiet_hours
from backend.notifications.errors import InboxMessageNotFound
from backend.notifications.models import QuietHours
from backend.notifications.serializers import (
    InboxMessageSerializer,
    InboxParameters,
    QuietHoursSerializer,
    QuietHoursShownSerializer,
    ReadAllSerializer,
    UnreadSerializer,
)


class InboxView(APIView):
    """The caller's inbox."""

    @operation(
        "notifications_list",
        tag="notifications",
        query=InboxParameters,
        response=page_of(InboxMessageSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the messages in your inbox, newest first."""
        parameters = parse(request, InboxParameters)
        rows = inbox.messages_of(account_of(request).pk, unread=parameters["unread"])
        return page_response(request, rows, parameters=parameters, shown=rows_of(InboxMessageSerializer))


class UnreadView(APIView):
    """How many messages are unread."""

    @operation("notifications_unread_get", tag="notifications", response=envelope_of(UnreadSerializer))
    def get(self, request: Request) -> Response:
        """Count the unread messages in your inbox."""
        return envelope({"unread": inbox.unread_count(account_of(request).pk)})


class ReadView(APIView):
    """Reading a message."""

    @operation(
        "notifications_read",
        tag="notifications",
        response=envelope_of(InboxMessageSerializer),
        errors=[InboxMessageNotFound],
    )
    def post(self, request: Request, message_id: int) -> Response:
        """Mark a message in your inbox as read."""
        row = inbox.mark_read(account_of(request).pk, message_id=message_id, now=timezone.now())
        return envelope(InboxMessageSerializer(row).data)


class ReadAllView(APIView):
    """Reading all messages."""

    @operation(
        "all_notifications_read",
        tag="notifications",
        request=ReadAllSerializer,
        response=envelope_of(UnreadSerializer),
    )
    def post(self, request: Request) -> Response:
        """Mark the messages in your inbox as read, and count what is unread."""
        user_id, body = account_of(request).pk, parse_body(request, ReadAllSerializer)
        inbox.mark_all_read(user_id, up_to=body.get("up_to"), now=timezone.now())
        return envelope({"unread": inbox.unread_count(user_id)})


class QuietHoursView(APIView):
    """The caller's quiet hours."""

    @operation(
        "notification_quiet_hours_get",
        tag="notifications",
        response=envelope_of(QuietHoursShownSerializer),
    )
    def get(self, request: Request) -> Response:
        """Show your quiet hours."""
        return _shown(QuietHours.objects.filter(user=account_of(request)).first())

    @operation(
        "notification_quiet_hours_update",
        tag="notifications",
        request=QuietHoursSerializer,
        response=envelope_of(QuietHoursShownSerializer),
    )
    def put(self, request: Request) -> Response:
        """Set your quiet hours.

        Messages that aren't urgent are sent when they end. Codes and notices about the security of your
        account are sent at once.
        """
        body = parse_body(request, QuietHoursSerializer)
        hours = quiet_hours.set_quiet_hours(
            account_of(request).pk,
            starts=time.fromisoformat(body["starts"]),
            ends=time.fromisoformat(body["ends"]),
            time_zone=body["time_zone"],
            now=timezone.now(),
        )
        return _shown(hours)

    @operation(
        "notification_quiet_hours_delete",
        tag="notifications",
        response=envelope_of(QuietHoursShownSerializer),
    )
    def delete(self, request: Request) -> Response:
        """Remove your quiet hours; messages that wait for their end are sent."""
        quiet_hours.remove_quiet_hours(account_of(request).pk, now=timezone.now())
        return _shown(None)


def _shown(hours: QuietHours | None) -> Response:
    if hours is None:
        return envelope({"starts": None, "ends": None, "time_zone": None})
    times = {"starts": f"{hours.starts:%H:%M}", "ends": f"{hours.ends:%H:%M}"}
    return envelope({**times, "time_zone": hours.time_zone})
