"""The second factors of users, and the challenges of logins that need one."""

from django.conf import settings
from django.db import models

USER = settings.AUTH_USER_MODEL


class TotpSecret(models.Model):
    """What the secret of a user's authenticator app is derived from.

    `key_fingerprint` identifies the signing key that it was derived with. `confirmed_at` is None until a code
    has confirmed the enrolment. `last_step` is the time step of the last accepted code; that code and earlier
    ones are refused.
    """

    user = models.OneToOneField(USER, on_delete=models.CASCADE, related_name="totp_secret")
    nonce = models.CharField(max_length=64)
    key_fingerprint = models.CharField(max_length=16)
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"authenticator app of user {self.user_id}"


class RecoveryCode(models.Model):
    """A code that replaces the other factors once, as a salted hash."""

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="recovery_codes")
    salt = models.CharField(max_length=32)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class Passkey(models.Model):
    """A WebAuthn credential; `credential_id` is its id in base64url, as browsers send it.

    `sign_count` is the authenticator's counter at the last use; 0 if it doesn't count.
    """

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.CharField(max_length=1_400, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    transports = models.JSONField(default=list)
    name = models.CharField(max_length=100)
    backed_up = models.BooleanField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"passkey {self.pk}"


class PasskeyRegistration(models.Model):
    """The registration of a passkey that a user began; a new one replaces it."""

    user = models.OneToOneField(USER, on_delete=models.CASCADE, related_name="+")
    challenge = models.CharField(max_length=100)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"registration of a passkey of user {self.user_id}"


class SecondFactorChallenge(models.Model):
    """A login whose password was right and whose second factor is still to be verified.

    `token_hash` is the hash of the token that the client got, `password_key` identifies the password that was
    verified, and `passkey_challenge` is what a passkey must sign, if the client asked for that.
    """

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    password_key = models.CharField(max_length=64)
    anonymous_id = models.UUIDField(null=True)
    passkey_challenge = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"second factor challenge {self.pk}"
