"""The account that sends a request."""

from typing import cast

from rest_framework.request import Request

from backend.accounts.models import User


def account_of(request: Request) -> User:
    """Return the account; the view admits no guests."""
    return cast("User", request.user)
