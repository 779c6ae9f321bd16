"""Kinds of messages that are sent by e-mail to the address of the account."""

from collections.abc import Collection, Sequence

from backend.accounts.models import User
from backend.notifications.messages import Attachment, Channel


class SentToAccount:
    """A kind that is sent by e-mail to the address of the account."""

    @property
    def channels(self) -> frozenset[str]:
        """Return e-mail."""
        return frozenset({"email"})

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the account's address in the channel."""
        return channel.address_of(user)

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return none."""
        return ()


class AlsoInInbox(SentToAccount):
    """A kind that is put into the inbox of the account, too."""

    @property
    def channels(self) -> frozenset[str]:
        """Return e-mail and the inbox."""
        return frozenset({"email", "inbox"})


class SentToVerifiedAddress(SentToAccount):
    """A kind with figures of the shop, which a mistyped address would give to a stranger."""

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the account's address if it is verified."""
        return super().address(user, keys=keys, channel=channel) if user.email_verified else ""
