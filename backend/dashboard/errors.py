"""The errors of the dashboard."""


class NotMailed(Exception):
    """A report must not be mailed; the text says why."""
