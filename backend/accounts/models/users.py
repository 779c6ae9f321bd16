"""Users."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from backend.accounts.areas import ALL_AREAS, StaffArea, areas_in
from backend.accounts.phones import normalise_phone
from backend.audit.actors import Actor
from backend.audit.services import record


class UserType(models.TextChoices):
    """The role of a user."""

    CUSTOMER = "CUSTOMER", "customer"
    SELLER = "SELLER", "seller"
    ADMIN = "ADMIN", "admin"


class UserManager(BaseUserManager["User"]):
    """Creates users, and finds them by phone."""

    def create_user(self, phone: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password the account can't log in.

        Raises:
            InvalidPhone: `phone` is not a phone number.
        """
        user = self.model(phone=normalise_phone(phone, region=settings.DEFAULT_PHONE_REGION), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone: str, password: str | None = None, **fields: Any) -> "User":
        """Create an admin with all permissions, as `manage.py createsuperuser` does; it is recorded."""
        with transaction.atomic(using=self._db):
            user = self.create_user(
                phone, password, user_type=UserType.ADMIN, is_staff=True, is_superuser=True, **fields
            )
            record("accounts.superuser_created", by=Actor.system("createsuperuser"), subject=user)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this phone, in any notation."""
        return self.get(phone=normalise_phone(username or "", region=settings.DEFAULT_PHONE_REGION))


class User(AbstractBaseUser, PermissionsMixin):
    """A user account.

    `shopper_key` is the random key that identifies the user in the warehouse; only this table maps the key to
    the user. An imported customer has a `source_reference`, but no phone, and can't log in. `email` is the
    address for notifications; the user has proved to receive messages there if `email_verified_at` is set.
    `areas` are the areas of a member of staff, as `stored_areas` returns them; `groups` and
    `user_permissions` have no effect (docs/decisions/roles.md). `language` is a BCP 47 tag;
    `marketing_consent_at` is when the consent was given or withdrawn.
    `tracking_consent` is None as long as the user has not chosen.
    """

    phone = models.CharField(max_length=20, unique=True, null=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    email = models.EmailField(blank=True, default="", db_default="")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=11, blank=True, default="", db_default="")
    marketing_consent = models.BooleanField(default=False, db_default=False)
    marketing_consent_at = models.DateTimeField(null=True, blank=True)
    tracking_consent = models.BooleanField(null=True, blank=True)
    tracking_consent_at = models.DateTimeField(null=True, blank=True)
    user_type = models.CharField(max_length=8, choices=UserType.choices, default=UserType.CUSTOMER)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    areas = models.CharField(max_length=255, blank=True, default="", db_default="")
    date_joined = models.DateTimeField(default=timezone.now)
    shopper_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=32, blank=True)
    source_reference = models.CharField(max_length=64, null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_reference"], name="user_imported_once"),
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(email_verified_at__isnull=False),
                name="email_verified_once",
            ),
            models.CheckConstraint(
                condition=models.Q(user_type__in=UserType.values), name="user_type_is_a_role"
            ),
            models.CheckConstraint(
                condition=models.Q(areas="") | models.Q(is_staff=True), name="areas_are_of_staff"
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.phone or f"customer {self.source_reference}"

    def get_full_name(self) -> str:
        """Return the first and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def email_verified(self) -> bool:
        """Whether the user has shown to receive messages at `email`."""
        return self.email_verified_at is not None

    @property
    def is_admin(self) -> bool:
        """Whether the user has all areas of staff."""
        return self.is_superuser or self.user_type == UserType.ADMIN

    @property
    def staff_areas(self) -> frozenset[StaffArea]:
        """The areas in which the user may act as staff."""
        if self.is_admin:
            return ALL_AREAS
        return areas_in(self.areas) if self.is_staff else frozenset()

    def has_area(self, area: StaffArea) -> bool:
        """Return whether the user may act as staff in the area."""
        return self.is_admin or (self.is_staff and area in self.areas.split(","))

    def limited_to_seller(self, area: StaffArea) -> int | None:
        """Return the id of the only seller whose objects the user may work on; None for staff of the area."""
        return None if self.has_area(area) else self.pk

    @property
    def is_seller(self) -> bool:
        """Whether the user is a seller."""
        return self.user_type == UserType.SELLER
