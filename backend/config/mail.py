"""How e-mail is sent."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from backend.config.environment import Variables

SMTP = "backend.notifications.smtp.EmailBackend"
FILES = "django.core.mail.backends.filebased.EmailBackend"


def email_backend(env: Variables, *, host: str, use_tls: bool, use_ssl: bool) -> str:
    """Return the backend that EMAIL_BACKEND names; by default SMTP if there is a host, otherwise files.

    Raises:
        ImproperlyConfigured: both ways of encryption are chosen.
    """
    if use_tls and use_ssl:
        raise ImproperlyConfigured("set EMAIL_USE_TLS (STARTTLS) or EMAIL_USE_SSL, not both")
    return env.text("EMAIL_BACKEND", SMTP if host else FILES)


def sender(public_url: str) -> str:
    """Return the default address of the sender."""
    return f"noreply@{urlsplit(public_url).hostname or 'localhost'}"
