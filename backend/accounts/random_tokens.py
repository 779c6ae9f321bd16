"""Random tokens that a client keeps, of which the database has only a hash."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits as 43 characters that are safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return the stored form of the token, which is random enough for a hash without salt or key."""
    return hashlib.sha256(token.encode()).hexdigest()
