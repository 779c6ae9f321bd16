"""The author of a write: a user, or a part of the system."""

import re
from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

SYSTEM_NAME = re.compile(r"[a-z][a-z_]{1,62}")


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a write: either a user or a named part of the system, such as a command."""

    user_id: int | None
    system_name: str

    def __post_init__(self) -> None:
        """Raise ValueError unless exactly one of them is given, and a system name is well formed."""
        if (self.user_id is None) == (not self.system_name):
            raise ValueError(f"an actor needs either a user or a system name, not {self}")
        if self.system_name and not SYSTEM_NAME.fullmatch(self.system_name):
            raise ValueError(f"not a valid system name: {self.system_name!r}")

    @classmethod
    def user(cls, user_id: int) -> "Actor":
        """Return the user as an actor."""
        return cls(user_id, "")

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return a part of the system as an actor; `name` consists of lower-case letters and underscores."""
        return cls(None, name)


GUEST = Actor.system("guest")
"""A client that isn't logged in."""


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return the sender of the request as an actor."""
    user_id: int | None = request.user.pk
    return GUEST if user_id is None else Actor.user(user_id)
