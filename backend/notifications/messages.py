"""A rendered message, and the interface of a channel that sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.accounts.models import User

Lines = Sequence[Mapping[str, object]]
"""What the templates of a message show, a line for each thing that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of text that is sent with a message by e-mail; `media_type` is such as text/csv."""

    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """A rendered message; `subject` is one line, `html` and the addresses may be empty.

    `url` is the page of what it is about.
    """

    subject: str
    text: str
    html: str
    unsubscribe_url: str
    attachments: Sequence[Attachment] = ()
    kind: str = ""
    url: str = ""


class ChannelConnection(Protocol):
    """A connection of a channel, over which messages are sent one after another."""

    def open(self) -> None:
        """Connect, unless it is connected.

        Raises:
            ChannelDown: the server can't be reached, or refuses the connection.
        """

    def send(self, message: RenderedMessage, *, address: str, message_id: str) -> None:
        """Send the message; returning means that the server accepted it.

        Raises:
            Refused: the server refused it for good.
            Postponed: the server refused it for now.
            ChannelDown: it was not sent, and others can't be sent either.
            PossiblySent: the server may have accepted it.
        """

    def close(self) -> None:
        """Disconnect; never raises."""


class Channel(Protocol):
    """A way to reach users, such as e-mail or SMS."""

    @property
    def name(self) -> str:
        """The name that is stored in deliveries, which must never change."""

    @property
    def is_repeatable(self) -> bool:
        """Whether a message that is sent again with its message id has no further effect."""

    def address_of(self, user: User) -> str:
        """Return the user's address in this channel, or an empty text."""

    def new_message_id(self) -> str:
        """Return an identifier by which a recipient can recognise a repeated message."""

    def connection(self) -> ChannelConnection:
        """Return a connection that isn't open yet."""
