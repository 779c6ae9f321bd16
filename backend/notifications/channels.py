"""The channels over which messages are sent."""

from collections.abc import Mapping

from backend.notifications.email_channel import EmailChannel
from backend.notifications.inbox import InboxChannel
from backend.notifications.messages import Channel
from backend.notifications.sms_channel import SmsChannel

CHANNELS: Mapping[str, Channel] = {
    channel.name: channel for channel in (EmailChannel(), SmsChannel(), InboxChannel())
}
