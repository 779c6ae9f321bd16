"""Users, their login sessions, and their links to anonymous ids."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from backend.accounts.areas import ALL_AREAS, StaffArea, areas_in
from backend.accounts.devices import LONGEST_ADDRESS, LONGEST_USER_AGENT
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


class SessionQuerySet(models.QuerySet["Session"]):
    """Queries of sessions."""

    def active(self, *, now: datetime) -> "SessionQuerySet":
        """Return the sessions that have neither ended nor expired."""
        return self.filter(ended_at=None, expires_at__gt=now)


class Session(models.Model):
    """A login session: a series of pairs of tokens, of which only the newest can be renewed.

    `refresh_id` is the id of the current pair, `issued_at` is when it was issued, and `previous_refresh_id`
    is the id of the pair before it; docs/decisions/sessions.md says what happens to older ones.
    `last_used_at`, `user_agent` and `address` are as of the last login or refresh. `second_factor_at` is when
    a second factor was verified in the session, if it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_id = models.CharField(max_length=64)
    previous_refresh_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    issued_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    second_factor_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT, blank=True, default="", db_default="")
    address = models.CharField(max_length=LONGEST_ADDRESS, blank=True, default="", db_default="")

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"session of user {self.user_id}"


class OneTimePassword(models.Model):
    """A code that was requested for a phone, whether or not the phone has an account.

    The code is derived from `nonce` and SECRET_KEY; `phone_key` and `reset_token_hash` are hashes too.
    `number` counts the codes of a phone in the hour `window`. `used_at` is when the code was verified,
    `reset_at` when the password was reset with the token that the verification returned.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="one_time_passwords")
    phone_key = models.CharField(max_length=64)
    window = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    nonce = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    reset_token_hash = models.CharField(max_length=64, blank=True)
    reset_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_key", "window", "number"], name="one_time_password_numbered_once"
            ),
        ]
        indexes = [models.Index(fields=["phone_key", "id"], name="newest_one_time_password")]

    def __str__(self) -> str:
        return f"one-time password {self.pk}"


class EmailVerification(models.Model):
    """A code that was sent to an e-mail address, to verify that the user receives messages there.

    The code is derived from `nonce` and SECRET_KEY.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_verifications")
    email = models.EmailField()
    nonce = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "id"], name="newest_email_verification")]

    def __str__(self) -> str:
        return f"e-mail verification {self.pk}"


class AttemptCount(models.Model):
    """How often something was guessed for a key; `backend.accounts.guessing` changes and explains it.

    `key` is a keyed hash. `attempts` is as of `counted_at`, and decreases with time.
    """

    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=64)
    attempts = models.FloatField(default=0)
    counted_at = models.DateTimeField(db_index=True)
    paused_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="attempts_counted_once")]

    def __str__(self) -> str:
        return f"attempts of kind {self.kind}"


class KnownDevice(models.Model):
    """A device from which the user has logged in; only the hash of its token is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_devices")
    token_hash = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash", "user"], name="device_known_once"),
        ]

    def __str__(self) -> str:
        return f"device of user {self.user_id}"


class ShopperLink(models.Model):
    """A link from an anonymous id to a user, so that the guest's behaviour is attributed to the user."""

    anonymous_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shopper_links")
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["anonymous_id", "user"], name="shopper_linked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.anonymous_id} is user {self.user_id}"


class SecurityEventKind(models.TextChoices):
    """What changed about the security of an account."""

    SECOND_FACTOR_ADDED = "second_factor_added", "A second factor was added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "A second factor was removed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", "The recovery codes were replaced"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    PASSWORD_RESET = "password_reset", "The password was reset with a code"
    EMAIL_CHANGED = "email_changed", "The e-mail address was changed or removed"


class SecurityEvent(models.Model):
    """A change of which the owner of an account is notified; `detail` says what was changed.

    `email` is the verified address before the change, if there was one.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_events")
    kind = models.CharField(max_length=32, choices=SecurityEventKind.choices)
    detail = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True, default="", db_default="")
    happened_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"


# Django finds models in this module; those of the second factor refer to the user by name.
from backend.accounts.second_factor import models as _second_factor_models  # noqa: E402, F401
