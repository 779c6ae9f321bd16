"""Refuses to serve a database whose schema is older than this code."""

from django.db import DatabaseError, connection

from backend.config.supervision import CannotServe
from backend.operations import schema


def require_applied() -> None:
    """Make sure that every migration was applied.

    A database that doesn't answer prevents nothing: the processes wait for it, and readiness names it.

    Raises:
        CannotServe: migrations are missing.
    """
    try:
        missing = schema.pending()
    except DatabaseError:
        return
    finally:
        connection.close()
    if missing:
        raise CannotServe(
            f"{len(missing)} migrations are not applied to the database, the first is {missing[0]}: "
            "run `python manage.py migrate`, then serve"
        )
