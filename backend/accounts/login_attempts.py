"""Counts the attempts to log in."""

from collections.abc import Sequence
from datetime import datetime

from backend.accounts.devices import Device
from backend.accounts.guessing import (
    AttemptKind,
    Counted,
    by_address,
    count_attempts,
    reset_attempts,
    take_back_attempt,
)
from backend.accounts.known_devices import known_device_id
from backend.accounts.phones import phone_of
from backend.api.errors import InvalidInput


class LoginAttempt:
    """An attempt to log in with a phone, from a device.

    `phone` is the phone as it is stored; None if the text is not a phone number.
    """

    def __init__(self, raw_phone: str, *, device: Device) -> None:
        try:
            self.phone: str | None = phone_of(raw_phone)
        except InvalidInput:
            self.phone = None
        self._by_identity: Sequence[Counted] = ()
        self._by_address = by_address(AttemptKind.LOGIN_ADDRESS, device.address)
        if self.phone is None:
            return
        if (device_id := known_device_id(self.phone, device=device)) is not None:
            self._by_identity = (Counted(AttemptKind.KNOWN_DEVICE, str(device_id)),)
            self._by_address = ()
        else:
            self._by_identity = (phone_count(self.phone),)

    def count(self, *, now: datetime) -> None:
        """Count the attempt before the password is checked.

        Raises:
            TooManyAttempts: the phone, the address or the known device is paused.
        """
        count_attempts([*self._by_identity, *self._by_address], now=now)

    def succeeded(self, *, now: datetime) -> None:
        """Reset the count of the phone or of the known device, but not that of the address."""
        reset_attempts(self._by_identity)
        take_back_attempt(self._by_address, now=now)


def phone_count(phone: str) -> Counted:
    """Return the count of logins to the phone from devices that aren't known."""
    return Counted(AttemptKind.LOGIN, phone)
