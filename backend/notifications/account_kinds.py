"""The kinds of messages about accounts: codes, and notices of changes. Users can't unsubscribe from them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils import timezone

from backend.accounts import email_addresses, one_time_passwords
from backend.accounts.models import (
    EmailVerification,
    OneTimePassword,
    SecurityEvent,
    User,
)
from backend.notifications import sms_channel
from backend.notifications.messages import Attachment, Channel, Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic

EMAIL, SMS = "email", "sms"


class NotOptional:
    """A kind that users can't unsubscribe from."""

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return all."""
        return list(keys)

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return none."""
        return ()


class OneTimePasswordKind(NotOptional):
    """A code to reset a password, which is not sent after it was used or has expired.

    It is sent by SMS; only if no provider is configured, by e-mail to a verified address. Over both channels,
    either the phone or the mailbox would be enough to take over the account.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.ONE_TIME_PASSWORD
    topic: ClassVar[Topic] = Topic.ONE_TIME_PASSWORD
    collects_for: ClassVar[timedelta] = timedelta(0)

    @property
    def channels(self) -> frozenset[str]:
        """Return SMS, or e-mail if no SMS can be sent."""
        return frozenset({SMS if sms_channel.can_send() else EMAIL})

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the phone, or the verified e-mail address."""
        return channel.address_of(user) if channel.name == SMS or user.email_verified else ""

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the users of the codes; codes for phones without an account have none."""
        codes = OneTimePassword.objects.filter(pk__in=keys, user__isnull=False)
        return dict(codes.values_list("pk", "user_id"))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the newest code, unless it was used or has expired."""
        rows = OneTimePassword.objects.filter(pk__in=keys, used_at=None, expires_at__gt=timezone.now())
        newest = rows.order_by("-pk").first()
        return [] if newest is None else [{"code": one_time_passwords.code_of(newest)}]


class EmailVerificationKind(NotOptional):
    """A code that verifies an e-mail address, which is sent to that address."""

    kind: ClassVar[NotificationKind] = NotificationKind.EMAIL_VERIFICATION
    topic: ClassVar[Topic] = Topic.EMAIL_VERIFICATION
    collects_for: ClassVar[timedelta] = timedelta(0)

    @property
    def channels(self) -> frozenset[str]:
        """Return e-mail."""
        return frozenset({EMAIL})

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the address that the newest code verifies."""
        newest = self._newest(keys)
        return "" if newest is None else newest.email

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the users who requested the codes."""
        return dict(EmailVerification.objects.filter(pk__in=keys).values_list("pk", "user_id"))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the newest code, unless it was used or has expired."""
        newest = self._newest(keys)
        return [] if newest is None else [{"code": email_addresses.code_of(newest)}]

    def _newest(self, keys: Collection[int]) -> EmailVerification | None:
        rows = EmailVerification.objects.filter(pk__in=keys, used_at=None, expires_at__gt=timezone.now())
        return rows.order_by("-pk").first()


class SecurityNoticeKind(NotOptional):
    """A change to the security of an account or a login from a new device, in case it is an attacker's.

    It is sent by e-mail, to the address that was verified before the change. An account without one gets it
    by SMS too, because an attacker may have set its address.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.SECURITY_NOTICE
    topic: ClassVar[Topic] = Topic.SECURITY_EVENT
    collects_for: ClassVar[timedelta] = timedelta(0)

    @property
    def channels(self) -> frozenset[str]:
        """Return both channels."""
        return frozenset({EMAIL, SMS})

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the address that was verified before the change, or those of an account without one."""
        rows = SecurityEvent.objects.filter(pk__in=keys).exclude(email="").order_by("pk")
        verified = rows.values_list("email", flat=True).first() or ""
        if not verified:
            return channel.address_of(user)
        return verified if channel.name == EMAIL else ""

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the owners of the accounts."""
        return dict(SecurityEvent.objects.filter(pk__in=keys).values_list("pk", "user_id"))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return what happened, and when."""
        events = SecurityEvent.objects.filter(pk__in=keys).order_by("pk")
        return [
            {"event": event.get_kind_display(), "detail": event.detail, "happened_at": event.happened_at}
            for event in events
        ]
