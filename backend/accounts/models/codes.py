"""Codes that are sent to a phone or to an e-mail address."""

from django.db import models

from backend.accounts.models.users import User


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
