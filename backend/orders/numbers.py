"""Order numbers: short enough to read out, too many to guess."""

import secrets

# Crockford's base 32: without I, L, O and U, which are misread or make words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LENGTH = 3, 4


def order_number() -> str:
    """Return a random number of 60 bits, as `7K2M-9QXR-4TBC`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
