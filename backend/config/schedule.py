"""What happens by the clock; the tasks live in the rooms' `tasks.py`."""

from datetime import timedelta

BEAT_SCHEDULE = {
    "prune the outbox": {"task": "backend.outbox.tasks.prune_messages", "schedule": timedelta(hours=1)},
}
