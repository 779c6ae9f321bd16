"""Exceptions of the analysts' API. Each message says what to do."""


class InvalidAccess(ValueError):
    """The address or the credentials that were given can't be used."""


class ShopNotReachable(ConnectionError):
    """The shop or its warehouse doesn't respond."""


class CredentialRefused(PermissionError):
    """The shop or its warehouse refused the credentials."""


class ReportRefused(Exception):
    """The shop can't run this report for this account, or not now. `code` is the shop's error code."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class QueryRefused(Exception):
    """The warehouse refused a statement. `code` is ClickHouse's, or None if it sent none."""

    def __init__(self, message: str, *, code: int | None) -> None:
        super().__init__(message)
        self.code = code
