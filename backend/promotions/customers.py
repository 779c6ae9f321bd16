"""How uses of a promotion are attributed to a customer."""

import hashlib


def use_owner(*, user_id: int | None, email: str = "") -> str:
    """Return the key of an account, or of a guest's e-mail address; empty for a guest without one."""
    if user_id is not None:
        return f"user:{user_id}"
    normalised = email.strip().casefold()
    return f"guest:{hashlib.sha256(normalised.encode()).hexdigest()}" if normalised else ""
