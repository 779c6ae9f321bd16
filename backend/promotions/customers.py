"""How uses of a promotion are attributed to a customer."""

import hashlib
import unicodedata


def use_owner(*, user_id: int | None, email: str = "") -> str:
    """Return the key of an account, or of a guest's e-mail address; empty for a guest without one.

    Case, and what follows a + in the name of the mailbox, make no difference: one guest has all these.
    """
    if user_id is not None:
        return f"user:{user_id}"
    name, at, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    mailbox = f"{name.split('+')[0] or name}{at}{domain}"
    return f"guest:{hashlib.sha256(mailbox.encode()).hexdigest()}" if mailbox else ""
