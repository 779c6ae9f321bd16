"""The error of a stored lexicon."""


class LexiconDamaged(ValueError):
    """A stored lexicon cannot be read; searches go on without one until it is built again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the lexicon cannot be read: {reason}")
        self.reason = reason
