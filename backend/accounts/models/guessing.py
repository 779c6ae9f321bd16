"""Counts of guesses, and the devices that have a count of their own."""

from django.db import models

from backend.accounts.models.users import User


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
