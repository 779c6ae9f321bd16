"""Changes by staff: the areas of staff, admins, whether an account is active, and the end of its sessions.

docs/decisions/roles.md has the rules. Each function locks the accounts that decide, in the order of their
ids, so that of two concurrent changes the second one sees the first.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.errors import (
    AccountNotFound,
    AdminHasAllAreas,
    AreaRequired,
    BeyondOwnAreas,
    LastAdmin,
)
from backend.accounts.models import Session, User, UserType
from backend.accounts.sessions import end_other_sessions, end_session
from backend.audit.actors import Actor
from backend.audit.services import record

IS_ADMIN = Q(is_superuser=True) | Q(user_type=UserType.ADMIN)


def set_areas(user_id: int, *, areas: Collection[StaffArea], by: Actor) -> User:
    """Set the areas of the account, which is staff if there are any; return it.

    Raises:
        AccountNotFound: there is no such account.
        AdminHasAllAreas: the account is an admin's.
        AreaRequired: `by` is a user without the area `staff`.
        BeyondOwnAreas: `by` is a user who lacks an area of the account, present or future.
    """
    with transaction.atomic():
        user, granter = _locked(user_id, by=by)
        _require_areas_of(user, granter=granter, granting=areas)
        if user.is_admin:
            raise AdminHasAllAreas(account_id=user_id)
        before = user.areas
        user.areas = stored_areas(areas)
        user.is_staff = bool(user.areas)
        if user.areas != before:
            user.save(update_fields=["areas", "is_staff"])
            record("accounts.areas_changed", by=by, subject=user, changes={"areas": (before, user.areas)})
    return user


def set_admin(user_id: int, *, admin: bool, by: Actor) -> User:
    """Make the account an admin's, or an ordinary member of staff's with the areas it had; return it.

    Raises:
        AccountNotFound: there is no such account.
        AreaRequired, BeyondOwnAreas: `by` is a user, but no admin.
        LastAdmin: the account is the last active admin's.
    """
    with transaction.atomic():
        user, granter = _locked(user_id, by=by)
        _require_areas_of(user, granter=granter)
        _require_admin(granter)
        if user.is_admin == admin:
            return user
        if not admin:
            _require_another_admin(user)
            if user.user_type == UserType.ADMIN:
                user.user_type = UserType.CUSTOMER
        user.is_superuser = admin
        user.is_staff = admin or bool(user.areas)
        user.save(update_fields=["user_type", "is_superuser", "is_staff"])
        record("accounts.admin_changed", by=by, subject=user, changes={"admin": (not admin, admin)})
    return user


def set_active(user_id: int, *, active: bool, by: Actor, now: datetime) -> User:
    """Activate the account, or deactivate it and end its sessions; return it.

    Raises:
        AccountNotFound: there is no such account.
        AreaRequired: `by` is a user without the area `staff` (for an account that isn't staff, `customers`).
        BeyondOwnAreas: `by` is a user who lacks an area of the account.
        LastAdmin: the account is the last active admin's.
    """
    with transaction.atomic():
        user, granter = _locked(user_id, by=by)
        _require_right_to_manage(user, granter=granter)
        if user.is_active == active:
            return user
        if not active:
            _require_another_admin(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
        action = "accounts.activated" if active else "accounts.deactivated"
        record(action, by=by, subject=user, changes={"is_active": (not active, active)})
        if not active:
            end_other_sessions(user_id, kept=None, by=by, now=now)
    return user


def end_sessions(user_id: int, *, by: Actor, now: datetime) -> int:
    """End all sessions of the account; return how many.

    Raises:
        AccountNotFound, AreaRequired, BeyondOwnAreas: as for `set_active`.
    """
    with transaction.atomic():
        user, granter = _locked(user_id, by=by)
        _require_right_to_manage(user, granter=granter)
        return end_other_sessions(user_id, kept=None, by=by, now=now)


def end_one_session(session: Session, *, by: Actor, now: datetime) -> None:
    """End one session of an account.

    Raises:
        AccountNotFound, AreaRequired, BeyondOwnAreas: as for `set_active`.
    """
    with transaction.atomic():
        user, granter = _locked(session.user_id, by=by)
        _require_right_to_manage(user, granter=granter)
        end_session(session.pk, by=by, now=now)


def _locked(user_id: int, *, by: Actor) -> tuple[User, User | None]:
    """Return the account and the one of `by`, None for the system; lock them and all admins."""
    rows = User.objects.select_for_update(of=("self",), no_key=True)
    deciding = rows.filter(Q(pk=user_id) | Q(pk=by.user_id) | IS_ADMIN).order_by("pk")
    accounts = {account.pk: account for account in deciding}
    if user_id not in accounts:
        raise AccountNotFound(account_id=user_id)
    if by.user_id is not None and by.user_id not in accounts:
        raise AccountNotFound(account_id=by.user_id)
    return accounts[user_id], None if by.user_id is None else accounts[by.user_id]


def _require_right_to_manage(user: User, *, granter: User | None) -> None:
    if user.staff_areas or user.is_staff:
        _require_areas_of(user, granter=granter)
    else:
        _require_area(granter, area=StaffArea.CUSTOMERS)


def _require_areas_of(user: User, *, granter: User | None, granting: Collection[StaffArea] = ()) -> None:
    if granter is None:
        return
    _require_area(granter, area=StaffArea.STAFF)
    lacking = (user.staff_areas | set(granting)) - granter.staff_areas
    if lacking:
        raise BeyondOwnAreas(areas=sorted(lacking))
    if user.is_admin:
        _require_admin(granter)


def _require_area(granter: User | None, *, area: StaffArea) -> None:
    if granter is not None and not (granter.is_active and granter.has_area(area)):
        raise AreaRequired(area)


def _require_admin(granter: User | None) -> None:
    if granter is not None and not granter.is_admin:
        raise BeyondOwnAreas("Only admins can change admins.", areas=[])


def _require_another_admin(user: User) -> None:
    if user.is_admin and not User.objects.filter(IS_ADMIN, is_active=True).exclude(pk=user.pk).exists():
        raise LastAdmin(account_id=user.pk)
