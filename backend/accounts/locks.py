"""The lock of an account."""

from backend.accounts.models import User


def lock_user(user_id: int) -> User:
    """Lock the user until the caller's transaction ends, and return the row.

    Rows that refer to the user can still be inserted.
    """
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)
