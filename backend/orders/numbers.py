"""Order numbers: short enough to read out, and too random to guess."""

import secrets

# Crockford's base 32: without I, L, O and U, which are misread or make words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LENGTH = 3, 4


def order_number() -> str:
    """Return 60 random bits, written like `7K2M-9QXR-4TBC`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
