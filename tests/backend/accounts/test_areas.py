"""Areas of staff: who has them, and what they allow in the API and in Django's framework."""

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.accounts.areas import ALL_AREAS, StaffArea, areas_in, stored_areas
from backend.accounts.models import User, UserType
from tests.backend.shop import client_of, customer, seller, staff

pytestmark = pytest.mark.django_db


def member(*areas: StaffArea, **fields: Any) -> User:
    return customer(is_staff=True, areas=stored_areas(areas), **fields)


def test_areas_are_stored_in_one_order_and_unknown_ones_are_ignored() -> None:
    assert stored_areas([StaffArea.STAFF, StaffArea.ORDERS, StaffArea.ORDERS]) == "orders,staff"
    assert areas_in("orders,of-another-release,staff") == {StaffArea.ORDERS, StaffArea.STAFF}
    assert (areas_in(""), areas_in(stored_areas(ALL_AREAS))) == (frozenset(), ALL_AREAS)
    assert len(stored_areas(ALL_AREAS)) <= (User._meta.get_field("areas").max_length or 0)


@pytest.mark.parametrize(
    ("account", "areas"),
    [
        (customer, frozenset()),
        (seller, frozenset()),
        (staff, ALL_AREAS),
        (lambda: customer(is_superuser=True), ALL_AREAS),
        (lambda: User.objects.create_user("+15550209999", user_type=UserType.ADMIN), ALL_AREAS),
        (member, frozenset()),
        (lambda: member(StaffArea.ORDERS), frozenset({StaffArea.ORDERS})),
    ],
)
def test_admins_have_all_areas_and_staff_their_own(account: Any, areas: frozenset[StaffArea]) -> None:
    user = account()
    assert {area for area in StaffArea if user.has_area(area)} == user.staff_areas == areas


def test_the_database_refuses_areas_of_an_account_that_is_not_staff() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        customer(areas="orders")


def test_an_area_opens_its_endpoints_and_no_others() -> None:
    client = client_of(member(StaffArea.ORDERS))
    refused = client.get("/api/payments/")
    assert (client.delete("/api/shipping/methods/7/").status_code, refused.status_code) == (404, 403)
    body = refused.json()
    assert (body["code"], body["details"]) == ("permission_denied", {"area": "payments"})
    assert body["error"] == "Only staff with the area `payments` may do this."


def test_djangos_permissions_follow_the_areas() -> None:
    clerk, inactive = member(StaffArea.ORDERS), member(StaffArea.ORDERS, is_active=False)
    with CaptureQueriesContext(connection) as queries:
        assert clerk.has_perm("orders.change_order")
        assert clerk.has_module_perms("invoices")
        assert not clerk.has_perm("catalog.view_product")
        assert not inactive.has_perm("orders.change_order")
        assert not clerk.has_perm("auth.add_group")
        assert staff().has_perm("auth.add_group")
    assert not [each for each in queries if "auth_" in each["sql"]]


def test_djangos_framework_verifies_no_password() -> None:
    user = staff(password="a long passphrase")
    assert authenticate(username=user.phone, password="a long passphrase") is None


def test_every_app_with_models_has_an_area() -> None:
    ours = {
        each.label
        for each in apps.get_app_configs()
        if each.name.startswith("backend.") and any(each.get_models())
    }
    assert set(settings.STAFF_AREAS_OF_APPS) == ours
