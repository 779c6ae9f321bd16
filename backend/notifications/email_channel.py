"""E-mail, through whatever backend Django is configured with."""

import smtplib
from contextlib import suppress
from email.utils import parseaddr
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from backend.accounts.models import User
from backend.notifications import smtp
from backend.notifications.errors import ChannelDown, PossiblySent, Postponed, Refused
from backend.notifications.messages import RenderedMessage

FILES = "django.core.mail.backends.filebased.EmailBackend"
_FIRST_PERMANENT = 500


def can_send() -> bool:
    """Return whether messages are sent, rather than written to files."""
    return bool(settings.EMAIL_BACKEND != FILES)


class EmailConnection:
    """A connection to the mail server."""

    def __init__(self) -> None:
        """Create the backend of EMAIL_BACKEND."""
        self._backend = get_connection()

    def open(self) -> None:
        """Connect, unless it is connected; raises ChannelDown."""
        try:
            self._backend.open()
        except OSError as error:
            raise ChannelDown(_described(error)) from error

    def send(self, message: RenderedMessage, *, address: str, message_id: str) -> None:
        """Send the message; raises Refused, Postponed, ChannelDown or PossiblySent."""
        mail = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            to=[address],
            headers=_headers(message, message_id=message_id),
            connection=self._backend,
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        for each in message.attachments:
            mail.attach(each.name, each.text, each.media_type)
        try:
            mail.send()
        except ValueError as error:
            # The address or a header can't be written; nothing was transmitted.
            raise Refused(_described(error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refusal(code, text) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtp.TransmissionInterrupted as error:
            raise PossiblySent(_described(error)) from error
        except OSError as error:
            # Only our SMTP backend tells that a broken connection transmitted nothing.
            transmitted_nothing = isinstance(self._backend, smtp.EmailBackend)
            raise (ChannelDown if transmitted_nothing else PossiblySent)(_described(error)) from error

    def close(self) -> None:
        """Disconnect; errors are ignored, because the server has accepted the messages before."""
        with suppress(OSError):
            self._backend.close()


class EmailChannel:
    """Sends to the e-mail address of the account."""

    @property
    def name(self) -> str:
        """The name in the log of deliveries."""
        return "email"

    @property
    def is_repeatable(self) -> bool:
        """A message that is sent again is received again."""
        return False

    def address_of(self, user: User) -> str:
        """Return the account's e-mail address."""
        return user.email

    def new_message_id(self) -> str:
        """Return a Message-ID in the sender's domain."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        return f"<{uuid4()}@{domain}>"

    def connection(self) -> EmailConnection:
        """Return a connection that isn't open yet."""
        return EmailConnection()


def _headers(message: RenderedMessage, *, message_id: str) -> dict[str, str]:
    # Auto-Submitted (RFC 3834) keeps vacation messages from being sent in reply.
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    if message.unsubscribe_url:
        # RFC 8058: mail programs show a button that unsubscribes with one POST.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _refusal(code: int, text: bytes | str) -> Refused | Postponed:
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return (Refused if code >= _FIRST_PERMANENT else Postponed)(f"{code} {shown}")


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
