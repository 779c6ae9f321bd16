"""Random visits to a shop, with what is awkward about sessions. Times are milliseconds since 1970."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

MINUTE, DAY = 60_000, 86_400_000
PAUSE = 30 * MINUTE
FIRST = int(datetime(2026, 3, 26, tzinfo=UTC).timestamp() * 1_000)
DAYS = 8
TYPES = ("page_view", "view", "search", "exposure", "carted", "checkout", "order", "click", "custom")


@dataclass(frozen=True)
class Happened:
    """One event. `offset` is the correction of the client's clock, which is not in `event_id`."""

    event_id: uuid.UUID
    at: int
    shopper: uuid.UUID | None
    type: str
    offset: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)
    device: str = ""
    is_bot: bool = False


@dataclass(frozen=True)
class Movement:
    """A row of the order ledger; the amount of what is not a sale is negative.

    `placed_at` is when the order was placed, which is before a sale is confirmed.
    """

    order: int
    kind: str
    at: int
    placed_at: int
    amount: Decimal
    currency: str
    shopper: uuid.UUID | None
    customer: uuid.UUID | None


@dataclass
class Shop:
    """What happened in a shop; `links` are (guest, account, time)."""

    events: list[Happened] = field(default_factory=list)
    links: list[tuple[uuid.UUID, uuid.UUID, int]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)


class Generator:
    """Generates a shop with many awkward visits."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.shop = Shop()
        self.orders = 0

    def generate(self, *, people: int) -> Shop:
        """Return a shop that this many people visited. The events are in a random order."""
        for _ in range(people):
            self._person()
        for _ in range(people // 10):
            self._sell(self._moment(), shopper=None, customer=None)
        self.rng.shuffle(self.shop.events)
        return self.shop

    def _person(self) -> None:
        rng = self.rng
        guests = [self._key() for _ in range(rng.randint(1, 2))]
        accounts = [self._key()] if rng.random() < 0.6 else []
        for account in accounts:
            for guest in guests:
                if rng.random() < 0.8:
                    self.shop.links.append((guest, account, self._moment()))
        if accounts and rng.random() < 0.1:
            # A second account on the same device: the first keeps the guest's behaviour.
            accounts.append(self._key())
            self.shop.links.append((guests[0], accounts[1], self._moment()))
        is_bot = rng.random() < 0.08
        for _ in range(rng.randint(1, 6)):
            self._visit(guests, accounts, is_bot=is_bot)
        if rng.random() < 0.03:
            self._program(guests[0])

    def _visit(self, guests: Sequence[uuid.UUID], accounts: Sequence[uuid.UUID], *, is_bot: bool) -> None:
        """Events with pauses around the limit, some of them under the account after a login."""
        rng, at = self.rng, self._moment()
        if rng.random() < 0.3:
            at = at // DAY * DAY + rng.choice([-20 * MINUTE, -1, 0, 1, 10 * MINUTE])
        offset = rng.choice([0, 0, 0, rng.randint(-DAY, DAY), rng.choice([-DAY, DAY])])
        device = rng.choice(["desktop", "mobile", "tablet", ""])
        guest, account = rng.choice(guests), rng.choice(accounts) if accounts else None
        logs_in_at = rng.randint(0, 8)
        is_mixed = account is not None and rng.random() < 0.2
        for number in range(rng.randint(1, 12)):
            logged_in = rng.random() < 0.5 if is_mixed else number >= logs_in_at
            shopper = account if account is not None and logged_in else guest
            kind = rng.choices(TYPES, weights=(4, 6, 1, 2, 3, 2, 1, 2, 1))[0]
            self._happen(
                at, shopper, kind, offset=offset, device=device, is_bot=is_bot and rng.random() < 0.5
            )
            at += rng.choice(
                [0, 1, rng.randint(1, MINUTE), rng.randint(1, PAUSE), PAUSE - 1, PAUSE, PAUSE + 1]
            )

    def _program(self, shopper: uuid.UUID) -> None:
        """Days of events without a pause, which a program sends."""
        at, end = self._moment(), self._moment() + 3 * DAY
        while at < end:
            self._happen(at, shopper, self.rng.choice(TYPES), device="other")
            at += self.rng.randint(10 * MINUTE, PAUSE - 1)

    def _happen(
        self,
        at: int,
        shopper: uuid.UUID,
        kind: str,
        *,
        offset: int = 0,
        device: str = "",
        is_bot: bool = False,
    ) -> None:
        rng = self.rng
        if kind in ("exposure", "carted", "order"):  # events of the server
            offset = 0
        fields: dict[str, Any] = {}
        match kind:
            case "page_view":
                source, referrer = rng.choice(
                    [("", ""), ("mail", "https://a.example/"), ("", "https://www.b.example/x?y")]
                )
                fields = {
                    "path": f"/{rng.randint(1, 4)}{rng.choice(['', '?to=me'])}",
                    "referrer": referrer,
                    "source": source,
                }
                fields["campaign"] = rng.choice(["", "spring"])
            case "exposure":
                fields = {"surface": rng.choice(["search", "category"]), "page": rng.randint(1, 2)}
            case "checkout":
                fields = {"step": rng.choice(["address", "payment"])}
            case "custom":
                fields = {"name": rng.choice(["size_chart", "video"])}
            case "order":
                fields = {"order_id": self._sell(at, shopper=shopper, customer=self._account_of(shopper))}
        for _ in range(rng.randint(1, 2) if kind == "order" else 1):
            event_id = _uuid7(at - offset, rng=rng)
            self.shop.events.append(Happened(event_id, at, shopper, kind, offset, fields, device, is_bot))

    def _account_of(self, shopper: uuid.UUID) -> uuid.UUID | None:
        return shopper if any(account == shopper for _, account, _ in self.shop.links) else None

    def _sell(self, at: int, *, shopper: uuid.UUID | None, customer: uuid.UUID | None) -> int:
        """Add an order with its later cancellations and returns, and return its id.

        Some orders are confirmed days after they were placed.
        """
        rng, add = self.rng, self.shop.movements.append
        self.orders += 1
        currency = rng.choice(["EUR", "EUR", "USD"])
        confirmed_at = at + rng.choice([0, 0, rng.randint(0, PAUSE), rng.randint(0, 9 * DAY)])
        for _ in range(rng.randint(1, 2)):
            amount = Decimal(rng.randint(100, 9_999)) / 100
            add(Movement(self.orders, "SALE", confirmed_at, at, amount, currency, shopper, customer))
            if rng.random() < 0.3:
                later, kind = confirmed_at + rng.randint(0, 40 * DAY), rng.choice(["CANCEL", "RETURN"])
                add(Movement(self.orders, kind, later, at, -amount, currency, shopper, customer))
        return self.orders

    def _moment(self) -> int:
        return FIRST + self.rng.randrange(DAYS * DAY)

    def _key(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)


def _uuid7(at: int, *, rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=at << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62))
