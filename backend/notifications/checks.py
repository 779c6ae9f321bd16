"""System checks of the settings for messages.

They return warnings, because Django runs no command while a check reports an error.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name for a level

from backend.notifications import email_channel, sms_channel
from backend.notifications.sms_channel import json_template

PLACEHOLDERS = ("{to}", "{text}")


def check_sms_body(app_configs: object = None, **options: Any) -> Sequence[CheckMessage]:
    """Return a warning if SMS_BODY is malformed JSON, or lacks the phone or the text."""
    template = settings.SMS_BODY
    if template.lstrip().startswith(('{"', "{ ", "{\n", "[")) and json_template(template) is None:
        hint = "Correct the JSON, or use a form: To={to}&Body={text}"
        return [
            Warning("SMS_BODY begins like JSON, but is not valid JSON.", hint=hint, id="notifications.W002")
        ]
    missing = [name for name in PLACEHOLDERS if name not in template]
    if missing:
        text = f"SMS_BODY has no {' and no '.join(missing)}."
        return [Warning(text, hint="{to} is the phone and {text} the message.", id="notifications.W003")]
    return []


def check_codes_can_be_sent(app_configs: object = None, **options: Any) -> Sequence[CheckMessage]:
    """Return a warning if production can't send codes for forgotten passwords."""
    if can_send_codes():
        return []
    hint = "Set SMS_URL, or EMAIL_HOST for accounts with a verified e-mail address."
    text = "Codes that reset forgotten passwords can't be sent."
    return [Warning(text, hint=hint, id="notifications.W001")]


def can_send_codes() -> bool:
    """Return whether a provider of SMS or a mail server is configured; development needs none."""
    return sms_channel.can_send() or email_channel.can_send()
