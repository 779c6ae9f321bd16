"""Endpoints of members of staff and their areas."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import selectors, staff
from backend.accounts.areas import StaffArea
from backend.accounts.errors import AccountNotFound, AdminHasAllAreas, BeyondOwnAreas, LastAdmin
from backend.accounts.permissions import InArea
from backend.accounts.staff_serializers import (
    AreasSerializer,
    NewStaffSerializer,
    StaffSerializer,
    shown_staff,
)
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of

TAG = "accounts"
MEMBER = envelope_of(StaffSerializer)


class StaffView(APIView):
    """An endpoint for those who manage staff."""

    permission_classes = (InArea(StaffArea.STAFF),)


class StaffListView(StaffView):
    """The members of staff."""

    @operation("staff_list", tag=TAG, query=PageParameters, response=page_of(StaffSerializer))
    def get(self, request: Request) -> Response:
        """List the members of staff, inactive ones too, by id."""
        parameters = parse(request, PageParameters)
        return page_response(
            request, selectors.staff(), parameters=parameters, shown=rows_of(StaffSerializer)
        )

    @operation(
        "staff_create",
        tag=TAG,
        request=NewStaffSerializer,
        response=MEMBER,
        status=201,
        errors=[AccountNotFound, AdminHasAllAreas, BeyondOwnAreas],
    )
    def post(self, request: Request) -> Response:
        """Make a registered account a member of staff, with the given areas.

        You can only grant areas that you have.
        """
        body = parse_body(request, NewStaffSerializer)
        user = selectors.account_with(phone=body["phone"])
        user = staff.set_areas(user.pk, areas=_areas(body["areas"]), by=actor_of(request))
        return envelope(shown_staff(user), message="Account is staff now.", status=201)


class StaffAreasView(StaffView):
    """The areas of a member of staff."""

    @operation("staff_areas_get", tag=TAG, response=MEMBER, errors=[AccountNotFound])
    def get(self, request: Request, account_id: int) -> Response:
        """Show the areas of a member of staff."""
        return envelope(shown_staff(selectors.staff_member(account_id)))

    @operation(
        "staff_areas_update",
        tag=TAG,
        request=AreasSerializer,
        response=MEMBER,
        errors=[AccountNotFound, AdminHasAllAreas, BeyondOwnAreas],
    )
    def put(self, request: Request, account_id: int) -> Response:
        """Replace the areas of a member of staff.

        You can only grant and withdraw areas that you have, and only if you have all areas of the account.
        Without areas, the account isn't staff any more. The change takes effect with the account's next
        request.
        """
        areas = _areas(parse_body(request, AreasSerializer)["areas"])
        # Customers are made staff by their phone; an id would show any customer's name and phone.
        user = selectors.staff_member(account_id)
        user = staff.set_areas(user.pk, areas=areas, by=actor_of(request))
        return envelope(shown_staff(user), message="Areas changed.")


class StaffDeactivateView(StaffView):
    """Deactivation of accounts of staff."""

    @operation(
        "staff_deactivate", tag=TAG, response=MEMBER, errors=[AccountNotFound, BeyondOwnAreas, LastAdmin]
    )
    def post(self, request: Request, account_id: int) -> Response:
        """Deactivate the account of a member of staff, which ends its sessions."""
        user = staff.set_active(account_id, active=False, by=actor_of(request), now=timezone.now())
        return envelope(shown_staff(user), message="Account deactivated.")


class StaffActivateView(StaffView):
    """Activation of accounts of staff."""

    @operation("staff_activate", tag=TAG, response=MEMBER, errors=[AccountNotFound, BeyondOwnAreas])
    def post(self, request: Request, account_id: int) -> Response:
        """Activate the account of a member of staff again."""
        user = staff.set_active(account_id, active=True, by=actor_of(request), now=timezone.now())
        return envelope(shown_staff(user), message="Account activated.")


def _areas(names: list[str]) -> list[StaffArea]:
    return [StaffArea(name) for name in names]
