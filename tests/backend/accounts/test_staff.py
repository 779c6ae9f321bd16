"""Granting areas of staff, making admins, and deactivating accounts."""

from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.accounts.areas import ALL_AREAS, StaffArea, stored_areas
from backend.accounts.errors import AdminHasAllAreas, AreaRequired, BeyondOwnAreas, LastAdmin
from backend.accounts.models import Session, User
from backend.accounts.sessions import begin_session
from backend.accounts.staff import set_active, set_admin, set_areas
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from tests.backend.shop import SYSTEM, client_of, customer, staff
from tests.backend.together import kinds, together

PASSWORD = "a long passphrase"
ORDERS, STOCK, STAFF, CUSTOMERS = StaffArea.ORDERS, StaffArea.STOCK, StaffArea.STAFF, StaffArea.CUSTOMERS


def member(*areas: StaffArea, **fields: Any) -> User:
    return customer(is_staff=True, areas=stored_areas(areas), **fields)


def by(user: User) -> Actor:
    return Actor.user(user.pk)


@pytest.mark.django_db
def test_an_account_becomes_staff_with_its_first_area_and_stops_with_its_last() -> None:
    admin, clerk = client_of(staff()), customer()
    promoted = admin.post("/api/accounts/staff/", {"phone": clerk.phone, "areas": ["orders"]}, format="json")
    assert (promoted.status_code, promoted.json()["data"]["areas"]) == (201, ["orders"])
    path = f"/api/accounts/staff/{clerk.pk}/areas/"
    changed = admin.put(path, {"areas": ["stock", "orders", "stock"]}, format="json")
    assert (changed.json()["data"]["areas"], admin.get(path).json()["data"]["areas"]) == (
        ["stock", "orders"],
    ) * 2
    assert [row["id"] for row in admin.get("/api/accounts/staff/").json()["results"]].count(clerk.pk) == 1
    assert admin.put(path, {"areas": []}, format="json").status_code == 200
    clerk.refresh_from_db()
    assert (clerk.is_staff, clerk.areas) == (False, "")
    changes = AuditEntry.objects.filter(action="accounts.areas_changed").order_by("pk")
    assert [entry.changes["areas"] for entry in changes] == [
        ["", "orders"],
        ["orders", "stock,orders"],
        ["stock,orders", ""],
    ]


@pytest.mark.django_db
def test_one_can_grant_only_areas_that_one_has_to_accounts_without_others() -> None:
    manager, clerk, expert = member(STAFF, ORDERS), customer(), member(STOCK)
    assert set_areas(clerk.pk, areas=[ORDERS], by=by(manager)).areas == "orders"
    refused: list[tuple[Callable[[], object], Any]] = [
        (lambda: set_areas(clerk.pk, areas=[STOCK], by=by(manager)), ["stock"]),
        (lambda: set_areas(manager.pk, areas=[STAFF, STOCK], by=by(manager)), ["stock"]),
        (lambda: set_areas(expert.pk, areas=[], by=by(manager)), ["stock"]),
        (lambda: set_active(expert.pk, active=False, by=by(manager), now=timezone.now()), ["stock"]),
        (lambda: set_admin(manager.pk, admin=True, by=by(manager)), []),
    ]
    for change, lacking in refused:
        with pytest.raises(BeyondOwnAreas) as error:
            change()
        assert error.value.details == {"areas": lacking}
    with pytest.raises(AreaRequired):
        set_areas(clerk.pk, areas=[ORDERS], by=by(expert))
    with pytest.raises(AreaRequired):
        set_active(customer().pk, active=False, by=by(manager), now=timezone.now())
    deactivated = member(CUSTOMERS, STAFF, is_active=False)
    for account in (customer(), member()):
        with pytest.raises(AreaRequired):
            set_active(account.pk, active=False, by=by(deactivated), now=timezone.now())


@pytest.mark.django_db
def test_the_name_and_the_phone_of_a_customer_are_not_shown_with_the_areas_of_staff() -> None:
    path = f"/api/accounts/staff/{customer().pk}/areas/"
    manager = client_of(member(STAFF))
    assert manager.get(path).status_code == 404
    assert manager.put(path, {"areas": []}, format="json").status_code == 404


@pytest.mark.django_db
def test_staff_with_all_areas_has_no_power_over_admins() -> None:
    manager, admin = member(*ALL_AREAS), staff()
    staff()
    with pytest.raises(BeyondOwnAreas):
        set_active(admin.pk, active=False, by=by(manager), now=timezone.now())
    with pytest.raises(BeyondOwnAreas):
        set_admin(manager.pk, admin=True, by=by(manager))
    with pytest.raises(AdminHasAllAreas):
        set_areas(admin.pk, areas=[ORDERS], by=by(staff()))


@pytest.mark.django_db
def test_the_last_active_admin_stays() -> None:
    admin, _ = staff(), staff(is_active=False)
    changes: tuple[Callable[[], object], ...] = (
        lambda: set_active(admin.pk, active=False, by=by(admin), now=timezone.now()),
        lambda: set_admin(admin.pk, admin=False, by=SYSTEM),
    )
    for change in changes:
        with pytest.raises(LastAdmin):
            change()
    other = set_admin(customer().pk, admin=True, by=SYSTEM)
    assert not set_admin(admin.pk, admin=False, by=by(other)).staff_areas


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_deactivate_each_other_leave_one() -> None:
    first, second = staff(), staff()

    outcomes = together(
        *[
            partial(set_active, target.pk, active=False, by=by(actor), now=timezone.now())
            for target, actor in ((first, second), (second, first))
        ]
    )
    assert kinds(outcomes) == ["AreaRequired", "User"]
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db
def test_deactivating_an_account_ends_its_sessions_for_good() -> None:
    clerk, admin = member(ORDERS, password=PASSWORD), staff()
    login = begin_session(clerk, now=timezone.now())
    client, path = client_of(), f"/api/accounts/staff/{clerk.pk}"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.access_token}")
    assert client.get("/accounts/me/").status_code == 200
    assert client_of(admin).post(f"{path}/deactivate/").json()["data"]["is_active"] is False
    assert client.get("/accounts/me/").status_code == 401
    assert client_of(admin).post(f"{path}/activate/").json()["data"]["is_active"] is True
    assert client.get("/accounts/me/").status_code == 401
    assert not Session.objects.filter(user=clerk, ended_at=None).exists()
    actions = AuditEntry.objects.filter(object_id=str(clerk.pk)).values_list("action", flat=True)
    assert {"accounts.deactivated", "accounts.sessions_ended", "accounts.activated"} <= set(actions)


@pytest.mark.django_db
def test_a_withdrawn_area_is_refused_from_the_next_request_on() -> None:
    clerk = member(ORDERS, password=PASSWORD)
    login = begin_session(clerk, now=timezone.now())
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.access_token}")
    path = "/api/shipping/methods/7/"
    assert client.delete(path).status_code == 404
    set_areas(clerk.pk, areas=[STOCK], by=SYSTEM)
    assert client.delete(path).status_code == 403


@pytest.mark.django_db
def test_commands_that_make_staff_or_change_their_password_are_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, phone="+15550100009", verbosity=0)
    admin = User.objects.get(phone="+15550100009")
    begin_session(admin, now=timezone.now())
    typed = iter([PASSWORD, "another passphrase", "abc", "abc", *["another passphrase"] * 2])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    for problem in ("the passwords differ", "too short"):
        with pytest.raises(CommandError, match=problem):
            call_command("changepassword", "+15550100009")
    call_command("changepassword", "+15550100009", stdout=StringIO())

    admin.refresh_from_db()
    assert admin.check_password("another passphrase")
    assert not Session.objects.filter(user=admin, ended_at=None).exists()
    recorded = AuditEntry.objects.filter(object_id=str(admin.pk), user_id=None).values_list(
        "action", "system_name"
    )
    assert set(recorded) >= {
        ("accounts.superuser_created", "createsuperuser"),
        ("accounts.password_changed", "changepassword"),
    }


def run(*arguments: str) -> str:
    written = StringIO()
    call_command("staff", *arguments, stdout=written)
    return written.getvalue()


@pytest.mark.django_db
def test_the_command_lists_staff_and_changes_an_account() -> None:
    clerk, admin = customer(first_name="Ada"), staff(first_name="Grace")
    phone = str(clerk.phone)
    assert run() == f"{admin.phone}  Grace  admin\n"
    assert run(phone, "--add", "orders", "stock") == f"{phone}  Ada  stock orders\n"
    assert run(phone, "--add", "reports", "--remove", "stock") == f"{phone}  Ada  orders reports\n"
    assert run(phone, "--deactivate") == f"{phone}  Ada  orders reports  (inactive)\n"
    assert run(phone, "--admin", "--activate") == f"{phone}  Ada  admin\n"
    assert run(phone, "--not-admin", "--remove", "orders", "reports") == f"{phone}  Ada  no areas\n"
    for arguments, problem in [
        (("+15550000000",), "There is no such account."),
        (("0155",), r"phone: Must be a phone number: with its country code"),
        (("--add", "orders"), "name the account by its phone number"),
        ((str(admin.phone), "--not-admin"), "The shop needs an active admin, and this is the last one."),
        ((str(admin.phone), "--add", "orders"), "An admin has all areas."),
    ]:
        with pytest.raises(CommandError, match=problem):
            run(*arguments)
