"""Accounts and login sessions in Django's admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backend.accounts import staff
from backend.accounts.areas import StaffArea
from backend.accounts.devices import device_name
from backend.accounts.models import Session, User
from backend.accounts.phones import phone_of
from backend.api.errors import InvalidInput
from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of


def deactivate(request: HttpRequest, user: User, values: Values) -> str:
    """Deactivate the account."""
    staff.set_active(user.pk, active=False, by=actor_of(request), now=timezone.now())
    return "The account is deactivated, and its sessions have ended."


def activate(request: HttpRequest, user: User, values: Values) -> str:
    """Activate the account."""
    staff.set_active(user.pk, active=True, by=actor_of(request), now=timezone.now())
    return "The account is active again."


def end_sessions(request: HttpRequest, user: User, values: Values) -> str:
    """End all sessions of the account."""
    ended = staff.end_sessions(user.pk, by=actor_of(request), now=timezone.now())
    return f"{ended} sessions have ended."


def set_areas(request: HttpRequest, user: User, values: Values) -> str:
    """Set the areas of the account."""
    staff.set_areas(user.pk, areas=[StaffArea(each) for each in values["areas"]], by=actor_of(request))
    return "The areas are set."


class AreasForm(OperationForm):
    """The areas of a member of staff."""

    def add_fields(self) -> None:
        """Add a checkbox for each area."""
        self.fields["areas"] = forms.MultipleChoiceField(
            choices=[(area.value, area.value) for area in StaffArea],
            required=False,
            initial=sorted(self.row.staff_areas),
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text="Without an area the account is not staff.",
        )


class SessionInline(ServiceInline):
    """The login sessions of an account that have not ended."""

    model = Session
    fields = ("device", "address", "created_at", "last_used_at", "second_factor_at", "expires_at")
    readonly_fields = fields
    verbose_name_plural = "active sessions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        """Return the active sessions, newest first."""
        return Session.objects.active(now=timezone.now()).order_by("-created_at")

    @admin.display(description="Device")
    def device(self, session: Session) -> str:
        """Return the program and the operating system."""
        return device_name(session.user_agent)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """Accounts of customers, sellers and staff."""

    area = StaffArea.CUSTOMERS
    list_display = ("phone_or_reference", "name", "user_type", "is_active", "is_staff", "date_joined")
    list_display_links = ("phone_or_reference",)
    list_filter = ("user_type", "is_staff", "is_active")
    ordering = ("-id",)
    search_fields = ("phone",)
    search_help_text = "A phone number, an id, or the beginning of a name"
    fields = (
        "phone",
        "first_name",
        "last_name",
        "email",
        "date_of_birth",
        "language",
        "marketing_consent",
        "marketing_consent_at",
        "user_type",
        "is_active",
        "is_staff",
        "areas",
        "date_joined",
        "last_login",
        "source",
        "source_reference",
    )
    inlines = (SessionInline,)
    operations = (
        Operation(
            name="deactivate",
            label="Deactivate",
            perform=deactivate,
            applies=lambda user: user.is_active,
            explanation="The account can't log in any more, and its sessions end. Its orders stay.",
        ),
        Operation(
            name="activate", label="Activate", perform=activate, applies=lambda user: not user.is_active
        ),
        Operation(
            name="end-sessions",
            label="End sessions",
            perform=end_sessions,
            explanation="Every device of the account has to log in again.",
        ),
        Operation(
            name="areas",
            label="Areas of staff",
            perform=set_areas,
            form=AreasForm,
            applies=lambda user: user.phone is not None and not user.is_admin,
            explanation="An area lets the account see and change its part of the shop, here and in the API.",
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user has the area of customers or that of staff."""
        user = request.user
        areas = (StaffArea.CUSTOMERS, StaffArea.STAFF)
        return isinstance(user, User) and any(user.has_area(area) for area in areas)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return all accounts; for the area of staff alone, only those of staff."""
        user: Any = request.user
        rows = User.objects.all()
        return rows if user.has_area(StaffArea.CUSTOMERS) else rows.filter(is_staff=True)

    def matching(self, text: str) -> Q:
        """Find accounts by phone, id or name."""
        try:
            condition = Q(phone=phone_of(text))
        except InvalidInput:
            condition = Q()
        if (number := whole_number(text)) is not None:
            return condition | Q(pk=number)
        first, _, last = text.title().rpartition(" ")
        named = Q(last_name__startswith=last)
        if first:
            named &= Q(first_name__startswith=first)
        return condition | named | Q(last_name__startswith=text)

    @admin.display(description="Phone", ordering="phone")
    def phone_or_reference(self, user: User) -> str:
        """Return the phone, or the reference of an imported customer."""
        return user.phone or f"imported: {user.source_reference}"

    @admin.display(description="Name", ordering="last_name")
    def name(self, user: User) -> str:
        """Return the full name."""
        return user.get_full_name()


def end_one(request: HttpRequest, session: Session, values: Values) -> str:
    """End the session."""
    staff.end_one_session(session, by=actor_of(request), now=timezone.now())
    return "The session has ended."


@admin.register(Session)
class SessionAdmin(ServiceAdmin):
    """Login sessions; their tokens can't be seen."""

    area = StaffArea.CUSTOMERS
    list_display = ("user", "device", "address", "created_at", "last_used_at", "ended_at", "expires_at")
    list_select_related = ("user",)
    ordering = ("-created_at",)
    search_fields = ("user",)
    search_help_text = "The phone or the id of an account"
    fields = (
        "user",
        "device",
        "user_agent",
        "address",
        "created_at",
        "last_used_at",
        "second_factor_at",
        "ended_at",
        "expires_at",
    )
    readonly_fields = ("device",)
    operations = (
        Operation(name="end", label="End", perform=end_one, applies=lambda session: session.ended_at is None),
    )

    def matching(self, text: str) -> Q:
        """Find sessions by their account."""
        try:
            condition = Q(user__phone=phone_of(text))
        except InvalidInput:
            condition = Q(pk=None)
        number = whole_number(text)
        return condition if number is None else condition | Q(user=number)

    @admin.display(description="Device")
    def device(self, session: Session) -> str:
        """Return the program and the operating system."""
        return device_name(session.user_agent)
