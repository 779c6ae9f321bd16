"""Known devices: clients from which a user has logged in before.

A known device has a count of its own for wrong passwords, so that its owner can log in while the password is
being guessed from elsewhere (docs/decisions/guessing.md).
"""

from datetime import datetime, timedelta

from backend.accounts.devices import Device
from backend.accounts.models import KnownDevice, User
from backend.accounts.random_tokens import hash_of, new_token

KEPT_FOR = timedelta(days=365)
MOST_DEVICES = 20


def known_device_id(phone: str, *, device: Device) -> int | None:
    """Return the id of the device if the account with this phone is known to use it, otherwise None.

    The query is the same for a phone without an account.
    """
    if not device.token:
        return None
    known = KnownDevice.objects.filter(token_hash=hash_of(device.token), user__phone=phone)
    return known.values_list("pk", flat=True).first()


def remember_device(user: User, *, device: Device, now: datetime) -> str:
    """Note a login from the device; return its token, which is a new one if the device was not known.

    Only the devices that were used last are kept.
    """
    known = KnownDevice.objects.filter(user=user, token_hash=hash_of(device.token)) if device.token else None
    if known is not None and known.update(last_used_at=now):
        return device.token
    token = new_token()
    KnownDevice.objects.create(user=user, token_hash=hash_of(token), last_used_at=now)
    kept = KnownDevice.objects.filter(user=user).order_by("-last_used_at", "-pk")
    if surplus := list(kept.values_list("pk", flat=True)[MOST_DEVICES : 2 * MOST_DEVICES]):
        KnownDevice.objects.filter(pk__in=surplus).delete()
    return token


def forget_devices_of(user_id: int) -> None:
    """Forget all known devices of the user."""
    KnownDevice.objects.filter(user=user_id).delete()


def forget_unused_devices(*, now: datetime) -> int:
    """Delete the devices that were not used for KEPT_FOR; return how many."""
    return KnownDevice.objects.filter(last_used_at__lt=now - KEPT_FOR).delete()[0]
