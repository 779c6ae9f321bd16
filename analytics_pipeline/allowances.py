"""Limits of intake, which the script that appends to the stream counts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit on a client's requests in a window of `seconds`; `key` identifies the client."""

    key: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in a window of `seconds`."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestAllowance:
    """Limits on the different guests of one address; `key` identifies the address.

    `guests` limits the guests in a window. A guest who comes again in the same window is always let through.
    `admissions` limits over a longer window how often a guest was let through who wasn't yet in the current
    window of `guests`.
    """

    key: str
    guests: Rate
    admissions: Rate


class AllowanceExceeded(Exception):
    """More requests than allowed; the window ends in `seconds`."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__(f"too many requests; try again in {seconds:.0f} seconds")
        self.seconds = seconds


class TooManyGuests(Exception):
    """The address has more guests than allowed; the window ends in `seconds`."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__(f"too many guests; try again in {seconds:.0f} seconds")
        self.seconds = seconds


def guest_keys(allowance: GuestAllowance | None) -> tuple[str, str]:
    """Return the keys of the guests and of the admissions, as `append.lua` takes them."""
    return (f"{allowance.key}:guests", f"{allowance.key}:admissions") if allowance else ("", "")


def guest_arguments(shopper_key: UUID | None, allowance: GuestAllowance | None) -> tuple[Any, ...]:
    """Return the guest as a number with both limits, as `append.lua` takes them; empty without a limit."""
    if allowance is None or shopper_key is None:
        return ("", 0, 0, 0, 0)
    # Redis stores sets of few integers in 8 bytes each. Two guests with the same number count as one.
    number = (shopper_key.int ^ shopper_key.int >> 64) & 2**63 - 1
    windows = [(rate.limit, rate.seconds * 1_000) for rate in (allowance.guests, allowance.admissions)]
    return (number, *windows[0], *windows[1])
