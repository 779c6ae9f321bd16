"""Payments in Django's admin: read-only, apart from what operators resolve."""

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.columns import Amount, link_to
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.payments import operators
from backend.payments.models import Payment, PaymentEvent, PaymentRequest, RequestState

AREA = StaffArea.PAYMENTS


def acknowledge(request: HttpRequest, payment: Payment, values: Values) -> str:
    """Record that the events of the payment were looked at."""
    operators.acknowledge(payment.pk, by=actor_of(request), now=timezone.now())
    return "Acknowledged; what is still owed is requested again."


class EventInline(ServiceInline):
    """What happened to a payment."""

    model = PaymentEvent
    fields = ("occurred_at", "kind", Amount("amount"), "gateway_reference", "problem", "message")
    readonly_fields = fields


class RequestInline(ServiceInline):
    """The calls of the gateway."""

    model = PaymentRequest
    fields = ("page", "kind", Amount("amount", currency="payment.currency"), "state", "attempts", "error")
    readonly_fields = fields

    @admin.display(description="Request")
    def page(self, row: PaymentRequest) -> str:
        """Return a link to the request."""
        return link_to(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentRequest]:
        """Return the requests with their payment."""
        return PaymentRequest.objects.select_related("payment").order_by("pk")


@admin.register(Payment)
class PaymentAdmin(ServiceAdmin):
    """Payments; read-only."""

    area = AREA
    list_display = (
        "order_number",
        "gateway",
        Amount("amount"),
        "status",
        "needs_attention",
        "created_at",
    )
    list_filter = ("needs_attention", "status", "gateway")
    ordering = ("-created_at", "-id")
    search_fields = ("order_number",)
    search_help_text = "An order number, or a gateway and its reference, as in stripe pi_123"
    fields = (
        "order_number",
        "gateway",
        "gateway_reference",
        "status",
        Amount("amount"),
        Amount("authorised"),
        Amount("captured"),
        Amount("refunded"),
        "needs_attention",
        "acknowledged_at",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    inlines = (RequestInline, EventInline)
    operations = (
        Operation(
            name="acknowledge",
            label="Acknowledge",
            perform=acknowledge,
            applies=lambda payment: payment.needs_attention,
            explanation="You have looked at the events of this payment. What the gateway refused is requested"
            " again if it is still owed.",
        ),
    )

    def matching(self, text: str) -> Q:
        """Find payments by order or by the gateway's reference."""
        gateway, _, reference = text.partition(" ")
        return Q(order_number=text.upper()) | Q(gateway=gateway, gateway_reference=reference)


def retry(request: HttpRequest, row: PaymentRequest, values: Values) -> str:
    """Let the request be attempted again."""
    operators.retry(row.pk, by=actor_of(request), now=timezone.now())
    return "The request is attempted again, with the same idempotency key."


class ReasonForm(OperationForm):
    """Why a request is given up."""

    reason = forms.CharField(max_length=300, help_text="What the gateway's own pages show.")


def give_up(request: HttpRequest, row: PaymentRequest, values: Values) -> str:
    """Close the request, which the gateway did not perform."""
    operators.give_up(row.pk, reason=values["reason"], by=actor_of(request), now=timezone.now())
    return "The request is closed as refused."


def _is_unresolved(row: PaymentRequest) -> bool:
    return row.state == RequestState.UNRESOLVED


@admin.register(PaymentRequest)
class PaymentRequestAdmin(ServiceAdmin):
    """Calls of gateways."""

    area = AREA
    list_display = ("created_at", "kind", "order", "state", "attempts", "error")
    list_select_related = ("payment",)
    list_filter = ("state", "kind")
    ordering = ("-id",)
    search_fields = ("payment",)
    search_help_text = "An order number"
    operations = (
        Operation(name="retry", label="Attempt again", perform=retry, applies=_is_unresolved),
        Operation(
            name="give-up",
            label="Give up",
            form=ReasonForm,
            perform=give_up,
            applies=_is_unresolved,
            explanation="Only if the gateway did not perform it: it is recorded as refused.",
        ),
    )

    def matching(self, text: str) -> Q:
        """Find requests by order."""
        return Q(payment__order_number=text.upper())

    @admin.display(description="Order")
    def order(self, row: PaymentRequest) -> str:
        """Return the number of the order."""
        return row.payment.order_number
