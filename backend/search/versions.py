"""Versions of documents: drawn before what they stand for is read.

A reader with a lower version read no later than after its draw; if a reader with a higher one overtakes it,
the lower is refused by the index, and what it saw that the other did not has a message of its own and comes
again under a later version. An outbox id would be no version: it is taken before its transaction commits.
"""

from django.db import connection, transaction

from backend.search.models import SEQUENCE

DRAW_FROM_ROW = "UPDATE search_documentversion SET last = last + 1 RETURNING last"


def draw() -> int:
    """Return a version higher than all that were drawn before, committed already.

    Raises RuntimeError inside a transaction, which could undo it, or have read before it.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(%s)", [SEQUENCE])
        else:
            cursor.execute(DRAW_FROM_ROW)
        (version,) = cursor.fetchone()
    return int(version)
