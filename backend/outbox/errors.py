"""Outbox errors."""


class Overtaken(Exception):
    """Messages were deleted before the subscriber handled them; the message names the repair command."""

    def __init__(self, subscriber: str) -> None:
        super().__init__(
            f"no process ran {subscriber} for a long time, and messages that it had not handled were deleted;"
            f" run: manage.py outbox --repair {subscriber}"
        )
        self.subscriber = subscriber


class UnknownSubscriber(ValueError):
    """There is no cursor or subscriber with this name."""


class DrainTimeout(TimeoutError):
    """A subscriber did not handle all committed messages in time; the message names it and its position."""


class NotCaughtUp(Exception):
    """Not every subscriber could handle all messages now; they stay in the outbox for the relay."""


class SubscribersNotRunning(Exception):
    """Some subscribers fail, or no process runs them; the message names each, the cause and the remedy."""
