"""Django's SMTP backend, which also tells whether a broken connection may have delivered the message.

A server has accepted a message when it confirms the message's end. If the connection breaks before the
message is transmitted, it was not sent; if it breaks after that, only the server knows.
"""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class TransmissionInterrupted(smtplib.SMTPException):
    """The connection broke while the message was transmitted, or before the server confirmed its end."""


class _SMTP(smtplib.SMTP):
    """Raises TransmissionInterrupted if the connection breaks within DATA."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Transmit the message, and return the server's response."""
        try:
            return super().data(msg)
        except smtplib.SMTPDataError:
            raise
        except OSError as error:
            raise TransmissionInterrupted(f"{type(error).__name__}: {error}") from error


class _SMTPS(_SMTP, smtplib.SMTP_SSL):
    """The same as _SMTP, over TLS."""


class EmailBackend(smtp.EmailBackend):
    """Sends over SMTP."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the class of the connection."""
        return _SMTPS if self.use_ssl else _SMTP

    def open(self) -> bool | None:
        """Connect and greet the server; return whether a new connection was necessary.

        Without a login smtplib would greet the server only when it sends, after the delivery is claimed.
        """
        opened = super().open()
        if self.connection is not None:
            self.connection.ehlo_or_helo_if_needed()
        return opened
