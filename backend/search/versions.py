"""Versions of documents, drawn before the rows of a document are read.

Of two projections of a product, the one with the higher version began to read later. If it is written first,
the index refuses the other one; a change that only the other one read has a message of its own and is
projected again. The id of an outbox message can't be the version, because it is assigned before the commit.

A version is the time in microseconds, or the last version plus one if that is higher. So versions continue to
rise after a restore from a backup, although the index holds versions that were drawn after the backup.
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
    """Return a version that is higher than all versions drawn before, and committed.

    Raises:
        RuntimeError: a transaction is open, which could have read rows before the draw, or could undo it.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(DRAW, [time.time_ns() // 1_000])
        (version,) = cursor.fetchone()
    return int(version)
