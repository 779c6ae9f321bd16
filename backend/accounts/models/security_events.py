"""What owners of accounts are notified of."""

from django.db import models

from backend.accounts.models.users import User


class SecurityEventKind(models.TextChoices):
    """What happened to an account that an attacker may have caused."""

    SECOND_FACTOR_ADDED = "second_factor_added", "A second factor was added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "A second factor was removed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", "The recovery codes were replaced"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    PASSWORD_RESET = "password_reset", "The password was reset with a code"
    EMAIL_CHANGED = "email_changed", "The e-mail address was changed or removed"
    NEW_DEVICE = "new_device", "A login from a new device"


class SecurityEvent(models.Model):
    """An event of which the owner of an account is notified.

    `detail` says what was changed, or which device logged in. `email` is the verified address before the
    event, if there was one.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_events")
    kind = models.CharField(max_length=32, choices=SecurityEventKind.choices)
    detail = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True, default="", db_default="")
    happened_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"
