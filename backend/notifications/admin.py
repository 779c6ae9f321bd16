"""The log of messages in Django's admin."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.accounts.phones import phone_of
from backend.api.errors import InvalidInput
from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.operations import Operation, Values
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.notifications import services
from backend.notifications.models import UNFINISHED_STATES, Delivery


def send_again(request: HttpRequest, delivery: Delivery, values: Values) -> str:
    """Queue the message once more."""
    services.send_again(delivery.pk, by=actor_of(request), now=timezone.now())
    return "The message is queued again."


@admin.register(Delivery)
class DeliveryAdmin(ServiceAdmin):
    """Messages to users, without their contents."""

    area = StaffArea.CUSTOMERS
    list_display = ("queued_at", "kind", "channel", "recipient", "state", "attempts", "reason")
    list_select_related = ("recipient",)
    list_filter = ("state", "kind", "channel")
    ordering = ("-queued_at", "-id")
    search_fields = ("recipient",)
    search_help_text = "The phone or the id of an account"
    operations = (
        Operation(
            name="send-again",
            label="Send again",
            perform=send_again,
            applies=lambda delivery: delivery.state not in UNFINISHED_STATES,
            explanation="The recipient may get the message twice if it was sent before.",
        ),
    )

    def matching(self, text: str) -> Q:
        """Find messages by their recipient."""
        try:
            condition = Q(recipient__phone=phone_of(text))
        except InvalidInput:
            condition = Q(pk=None)
        number = whole_number(text)
        return condition if number is None else condition | Q(recipient=number)
