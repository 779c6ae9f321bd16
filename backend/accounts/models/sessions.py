"""Login sessions."""

import uuid
from datetime import datetime

from django.db import models

from backend.accounts.devices import LONGEST_ADDRESS, LONGEST_USER_AGENT
from backend.accounts.models.users import User


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
    a second factor was verified in the session, if it was. `is_tracked` is whether the shopper's login and
    logout may be stored as events, `is_logged_out` whether the shopper ended the session.
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
    is_tracked = models.BooleanField(default=False, db_default=False)
    is_logged_out = models.BooleanField(default=False, db_default=False)
    last_used_at = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT, blank=True, default="", db_default="")
    address = models.CharField(max_length=LONGEST_ADDRESS, blank=True, default="", db_default="")

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"session of {self.user}"
