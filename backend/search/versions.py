"""Versions of documents: drawn before what they stand for is read.

A reader with a lower version read no later than after its draw; if a reader with a higher one overtakes it,
the lower is refused by the index, and what it saw that the other did not has a message of its own and comes
again under a later version. An outbox id would be no version: it is taken before its transaction commits.

A version is the time in microseconds, or one more than the last where that is higher: so versions go on
upwards in a database that was restored from a backup, whose index knows versions drawn after it.
"""

import time

from django.db import connection, transaction

DRAW = """
    INSERT INTO search_documentversion AS drawn (id, last) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE
    SET last = CASE WHEN drawn.last >= excluded.last THEN drawn.last + 1 ELSE excluded.last END
    RETURNING last
"""


def draw() -> int:
    """Return a version higher than all that were drawn before, committed already.

    Raises RuntimeError inside a transaction, which could undo it, or have read before it.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(DRAW, [time.time_ns() // 1_000])
        (version,) = cursor.fetchone()
    return int(version)
