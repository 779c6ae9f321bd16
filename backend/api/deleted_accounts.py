"""Requests whose account is deleted while they are handled."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from rest_framework.exceptions import AuthenticationFailed


def unauthenticated_if_deleted(error: Exception, *, request: Any, view: Any) -> Exception:
    """Return a 401 if the error occurred because the sender's account no longer exists, otherwise the error.

    After the account was read for authentication it isn't locked, so another request can erase it: then its
    row is missing, or a row that refers to it is refused.
    """
    # `request.user` would authenticate again if that is what failed.
    user = getattr(request, "_user", None)
    if not isinstance(error, DatabaseError | ObjectDoesNotExist) or not isinstance(user, AbstractBaseUser):
        return error
    if type(user)._default_manager.filter(pk=user.pk).exists():
        return error
    ended = AuthenticationFailed("The session has ended; log in again.")
    ended.auth_header = view.get_authenticate_header(request)  # type: ignore[attr-defined]
    return ended
