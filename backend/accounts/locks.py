"""The lock of an account."""

from backend.accounts.models import User


def lock_user(user_id: int) -> User:
    """Lock the user until the caller's transaction ends, and return the row.

    Rows that refer to the user can still be inserted.
    """
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)


def lock_user_if_any(user_id: int) -> User | None:
    """Lock the user as `lock_user` does; return None if the account has been deleted.

    It is for requests without an access token, during which the account can be erased.
    """
    return User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
