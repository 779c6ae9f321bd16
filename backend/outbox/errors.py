"""What can go wrong with the outbox."""


class NotInTransaction(RuntimeError):
    """A message was published outside a transaction, so it could differ from what is committed."""


class DrainTimeout(TimeoutError):
    """A subscriber did not handle all committed messages in time; says which, and where its cursor is."""


class NotCaughtUp(Exception):
    """Not every subscriber could handle all messages now; they stay in the outbox for the relay."""


class SubscribersNotRunning(Exception):
    """Some subscribers fail, or no process runs them; says which, why, and what to do."""
