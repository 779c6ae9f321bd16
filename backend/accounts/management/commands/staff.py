"""`manage.py staff`: lists the members of staff, and changes what an account may do."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from backend.accounts import selectors, staff
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.api.commands import ShopCommand, command_error
from backend.api.errors import DomainError
from backend.audit.actors import Actor

BY = Actor.system("staff_command")
AREAS = [area.value for area in StaffArea]


class Command(ShopCommand):
    """Changes an account if a phone number is given, then lists it; without one, lists all staff."""

    help = "List the members of staff, or change the areas of the account with a phone number."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the phone number, and the options for what to change."""
        parser.add_argument("phone", nargs="?", help="the phone number of a registered account")
        parser.add_argument(
            "--add", nargs="+", choices=AREAS, default=[], metavar="AREA", help=f"of: {', '.join(AREAS)}"
        )
        parser.add_argument("--remove", nargs="+", choices=AREAS, default=[], metavar="AREA")
        admin = parser.add_mutually_exclusive_group()
        admin.add_argument("--admin", action="store_true", default=None, help="give all areas")
        admin.add_argument("--not-admin", dest="admin", action="store_false", default=None)
        active = parser.add_mutually_exclusive_group()
        active.add_argument("--activate", dest="active", action="store_true", default=None)
        active.add_argument(
            "--deactivate", dest="active", action="store_false", default=None, help="also ends its sessions"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Change the account, then list it; without a phone number, list all staff."""
        changes = {name: options[name] for name in ("add", "remove", "admin", "active")}
        if options["phone"] is None:
            if any(value not in (None, []) for value in changes.values()):
                raise CommandError("name the account by its phone number")
            accounts = list(selectors.staff())
        else:
            try:
                accounts = [_changed(options["phone"], **changes)]
            except DomainError as error:
                raise command_error(error) from error
        for user in accounts:
            self.stdout.write(_line(user))


def _changed(
    phone: str, *, add: list[str], remove: list[str], admin: bool | None, active: bool | None
) -> User:
    user = selectors.account_with(phone=phone)
    if admin is not None:
        user = staff.set_admin(user.pk, admin=admin, by=BY)
    if add or remove:
        areas = [area for area in StaffArea if area in (user.staff_areas | set(add)) - set(remove)]
        user = staff.set_areas(user.pk, areas=areas, by=BY)
    if active is not None:
        user = staff.set_active(user.pk, active=active, by=BY, now=timezone.now())
    return user


def _line(user: User) -> str:
    areas = "admin" if user.is_admin else " ".join(area for area in StaffArea if user.has_area(area))
    state = "" if user.is_active else "  (inactive)"
    return f"{user.phone}  {user.get_full_name() or '(no name)'}  {areas or 'no areas'}{state}"
