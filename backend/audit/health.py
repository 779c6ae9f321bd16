"""The health check of the audit log: whether it is sealed, and was intact when it was last verified."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from backend.audit.errors import LogNotIntact, NotSealed
from backend.audit.selectors import chain_state

SEALED_WITHIN = timedelta(minutes=15)
"""Longer than sealing takes, which runs every minute and waits for older transactions."""


def check() -> Mapping[str, object]:
    """Return the state of the chain.

    Raises:
        LogNotIntact: the last verification found faults.
        NotSealed: entries have not been sealed for long.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return the state of the chain at the time `now`; raise the same exceptions as `check`."""
    state = chain_state()
    if state.faults:
        raise LogNotIntact(f"{state.faults} faults; run: manage.py audit verify")
    if state.unsealed_since is not None and state.unsealed_since < now - SEALED_WITHIN:
        raise NotSealed(f"not sealed since {state.unsealed_since}; run a Celery worker and beat")
    return {name: value for name, value in asdict(state).items() if value is not None}
