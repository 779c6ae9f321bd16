"""Generates order numbers, which are easy to read out and hard to guess."""

import secrets

# Crockford's base 32 leaves out I, L and O, which are easily misread, and U, to avoid words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LENGTH = 3, 4


def order_number() -> str:
    """Return 60 random bits in the form `7K2M-9QXR-4TBC`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
