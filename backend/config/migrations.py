"""Refuses to serve a database whose schema is outdated."""

from django.db import DatabaseError, connection

from backend.config.supervision import CannotServe
from backend.operations import schema


def require_applied() -> None:
    """Check that all migrations are applied.

    A database that is down is not an error here: the processes wait for it, and readiness reports it.

    Raises:
        CannotServe: at least one is not applied.
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
            "run `python manage.py migrate` first"
        )
