"""The attacks that are measured: batches of events about one product, as they arrive at intake."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from analytics_pipeline import clocks, uuid7


@dataclass(frozen=True, slots=True)
class Attack:
    """Guests without purchases who click on, view and add one product to their carts.

    Each of `guests` sends `requests` / `guests` batches, from `addresses` in turn, spread over `days`. With
    `beside`, each also views one of these products, so that the two seem to be bought together. Guests of a
    patient attack are old enough to be trusted; it shows how far the limits let it get.
    """

    name: str
    requests: int
    guests: int
    addresses: int = 1
    days: int = 0
    beside: tuple[int, ...] = ()
    is_patient: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch: the guest who sends it, from which address, when, and the body."""

    guest: UUID
    address: str
    at: datetime
    body: bytes


def attacks(beside: tuple[int, ...]) -> tuple[Attack, ...]:
    """Return the attacks, the simplest first."""
    return (
        Attack("300 requests, 300 ids, one address", requests=300, guests=300, beside=beside),
        Attack("3,000 requests, 1,000 ids, one address", requests=3_000, guests=1_000, beside=beside),
        Attack(
            "3,000 requests, 1,000 ids, 50 addresses",
            requests=3_000,
            guests=1_000,
            addresses=50,
            beside=beside,
        ),
        Attack(
            "7,000 requests, 1,000 ids, 50 addresses, 7 days",
            requests=7_000,
            guests=1_000,
            addresses=50,
            days=7,
            beside=beside,
        ),
        Attack(
            "8,000 requests, 1,000 ids, 50 addresses, 40 days",
            requests=8_000,
            guests=1_000,
            addresses=50,
            days=40,
            beside=beside,
            is_patient=True,
        ),
    )


def batches(attack: Attack, *, target: int, now: datetime, seed: int = 1) -> Iterator[Sent]:
    """Yield the batches of the attack in the order of time; the last one arrives at `now`."""
    chance = random.Random(seed)
    guests = [UUID(bytes=chance.randbytes(16), version=4) for _ in range(attack.guests)]
    begins = now - timedelta(days=attack.days)
    for number in range(attack.requests):
        at = begins + (now - begins) * (number + 1) / attack.requests
        guest = number % attack.guests
        address = f"198.51.{guest % attack.addresses}.7"
        products = [target]
        if attack.beside:
            products.append(attack.beside[guest % len(attack.beside)])
        yield Sent(guests[guest], address, at, _body(products, at=at, chance=chance))


def _body(products: list[int], *, at: datetime, chance: random.Random) -> bytes:
    events = [
        {
            "event_id": str(uuid7.make(clocks.milliseconds(at), tail=chance.randbytes(10))),
            "type": kind,
            "product_id": product,
        }
        for product in products
        for kind in ("click", "view", "cart_add")
    ]
    return msgspec.json.encode({"events": events})
