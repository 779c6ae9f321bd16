"""The sessions, funnels and retention of visits, as reports must return them.

Computed with only the standard library, directly from the definitions in docs/decisions/sessions.md.
"""

import statistics
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance.random_visits import DAY, PAUSE, Happened, Movement, Shop

FUNNEL = ("session", "view", "carted", "checkout", "order")


@dataclass
class Session:
    """A shopper's events, in their order."""

    shopper: uuid.UUID
    events: list[Happened]

    @property
    def began(self) -> int:
        return self.events[0].at

    def times(self, kind: str) -> list[int]:
        return [event.at for event in self.events if event.type == kind]

    def count(self, accepts: Callable[[Happened], bool]) -> int:
        return sum(map(accepts, self.events))

    @property
    def is_bot(self) -> bool:
        return any(event.is_bot for event in self.events)

    @property
    def order_ids(self) -> set[int]:
        return {event.fields["order_id"] for event in self.events if event.type == "order"}

    @property
    def is_bounced(self) -> bool:
        pages = self.count(lambda e: e.type == "page_view")
        products = self.count(lambda e: e.type == "view")
        searches = self.count(
            lambda e: e.type == "exposure" and e.fields["surface"] == "search" and e.fields["page"] == 1
        )
        acted = self.count(lambda e: e.type in ("carted", "checkout", "order"))
        return max(pages, products + searches) <= 1 and not acted


def local_day(at: int, zone: str) -> date:
    """Return the day in the time zone."""
    return (datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone)).date()


def resolver(shop: Shop) -> Callable[[uuid.UUID], uuid.UUID]:
    """Return a function from a key to the account that the guest turned out to be, or to the key itself."""
    accounts: dict[uuid.UUID, tuple[int, uuid.UUID]] = {}
    for guest, account, at in shop.links:
        accounts[guest] = min(accounts.get(guest, (at, account)), (at, account))
    return lambda key: accounts[key][1] if key in accounts else key


class Truth:
    """What reports about the shop must return."""

    def __init__(self, shop: Shop) -> None:
        self.of = resolver(shop)
        by_shopper: dict[uuid.UUID, list[Happened]] = defaultdict(list)
        for event in shop.events:
            if event.shopper is not None:
                by_shopper[self.of(event.shopper)].append(event)
        self.by_shopper = by_shopper
        self.sessions = [each for shopper, events in by_shopper.items() for each in _split(shopper, events)]
        self.ledger: dict[int, list[Movement]] = defaultdict(list)
        self.sales: dict[uuid.UUID, list[int]] = defaultdict(list)
        self.orders: dict[uuid.UUID, list[int]] = defaultdict(list)
        for movement in shop.movements:
            self.ledger[movement.order].append(movement)
            buyer = movement.customer or (self.of(movement.shopper) if movement.shopper else None)
            if movement.kind == "SALE" and buyer is not None:
                self.sales[buyer].append(movement.at)
                self.orders[buyer].append(movement.placed_at)
        self.accounts = {account for _, account, _ in shop.links} | {
            m.customer for m in shop.movements if m.customer
        }

    def counted(self, *, bots: str) -> list[Session]:
        """Return the sessions that a report with this parameter counts."""
        return [each for each in self.sessions if bots == "include" or each.is_bot == (bots == "only")]

    def segment_of(self, session: Session, breakdown: str) -> str:
        """Return the value of the breakdown for a session. Of several events at one time, the least value counts."""
        pages = [(event.at, event.fields) for event in session.events if event.type == "page_view"]
        match breakdown:
            case "device":
                found = [(event.at, event.device) for event in session.events if event.device]
                return min(found, default=(0, "unknown"))[1]
            case "landing":
                return min([(at, page["path"].split("?")[0]) for at, page in pages], default=(0, "unknown"))[
                    1
                ]
            case "campaign":
                return min([(at, page["campaign"]) for at, page in pages], default=(0, ""))[1] or "none"
            case "source":
                found = [(at, _source(page)) for at, page in pages]
                return min(found, default=(0, "unknown"))[1] or "direct"
            case "customer_type":
                is_returning = any(at < session.began for at in self.orders.get(session.shopper, ()))
                return "returning" if is_returning else "new" if session.shopper in self.accounts else "guest"
        return ""

    def sessions_rows(
        self, *, zone: str, days: tuple[date, date], breakdown: str, bots: str
    ) -> list[dict[str, Any]]:
        """Return the rows of the report `sessions` by day, in any order."""
        groups: dict[tuple[date, str, int], tuple[list[Session], set[int]]] = defaultdict(lambda: ([], set()))
        attributed = set()
        for each in self.counted(bots=bots):
            sessions, orders = groups[local_day(each.began, zone), self.segment_of(each, breakdown), 1]
            sessions.append(each)
            orders |= each.order_ids
            attributed |= each.order_ids
        for order in self.ledger.keys() - attributed:
            groups[local_day(self.ledger[order][0].placed_at, zone), "", 0][1].add(order)
        return [
            {"period": str(day), "segment": segment, "has_session": has_session, **row}
            for (day, segment, has_session), (sessions, orders) in groups.items()
            if days[0] <= day <= days[1]
            for row in self._rows(sessions, orders)
        ]

    def _rows(self, found: list[Session], orders: set[int]) -> list[dict[str, Any]]:
        """Return a row for each currency, of which only the first has more than orders and revenue."""
        number = len(found) or 1
        bounced, converted = sum(each.is_bounced for each in found), sum(bool(e.order_ids) for e in found)
        counts = {
            "sessions": len(found),
            "shoppers": len({each.shopper for each in found}),
            "bounced": bounced,
            "bounce_rate": bounced / number,
            "mean_seconds": sum(each.events[-1].at - each.began for each in found) / 1_000 / number,
            "mean_events": sum(len(each.events) for each in found) / number,
            "converted": converted,
            "conversion": converted / number,
        }
        rows = []
        for currency in sorted({self.ledger[order][0].currency for order in orders}) or [""]:
            sold = [o for o in orders if self.ledger[o][0].currency == currency]
            revenue = sum((movement.amount for o in sold for movement in self.ledger[o]), Decimal(0))
            rows.append({**counts, "orders": len(sold), "revenue": revenue, "currency": currency})
            counts = dict.fromkeys(counts, 0)
        return rows

    def retention_rows(
        self,
        *,
        zone: str,
        days: tuple[date, date],
        group_by: str,
        activity: str,
        bots: str,
        periods: int = 12,
    ) -> list[dict[str, Any]]:
        """Return the rows of the report `retention`, in any order."""
        active: dict[uuid.UUID, set[date]] = {}
        for shopper, moments in (self.sales if activity == "purchase" else self.visits(bots=bots)).items():
            active[shopper] = {local_day(at, zone) for at in moments}
        cohorts: dict[int, list[set[int]]] = defaultdict(list)
        last = 0
        for visited in active.values():
            numbers = {_number(day, group_by) for day in visited if day <= days[1]}
            last = max([last, *numbers])
            if days[0] <= min(visited) <= days[1]:
                cohorts[min(numbers)].append(numbers)
        return [
            {
                "cohort": _label(cohort, group_by),
                "shoppers": len(members),
                "number": number,
                "active": (count := sum(cohort + number in numbers for numbers in members)),
                "rate": count / len(members),
            }
            for cohort, members in cohorts.items()
            for number in range(min(periods, last - cohort) + 1)
        ]

    def visits(self, *, bots: str) -> dict[uuid.UUID, list[int]]:
        """Return the times of the events of each shopper that a report with this parameter counts."""
        return {
            shopper: [event.at for event in events]
            for shopper, events in self.by_shopper.items()
            if bots == "include" or any(event.is_bot for event in events) == (bots == "only")
        }

    def funnel_rows(
        self, *, zone: str, days: tuple[date, date], breakdown: str, bots: str
    ) -> list[dict[str, Any]]:
        """Return the rows of the report `funnel`, in any order."""
        reached: dict[str, list[list[int]]] = defaultdict(list)
        for each in self.counted(bots=bots):
            if days[0] <= local_day(each.began, zone) <= days[1]:
                reached[self.segment_of(each, breakdown)].append(_reached(each))
        rows = []
        for segment, all_times in reached.items():
            counts = [sum(len(times) > step for times in all_times) for step in range(len(FUNNEL))]
            for step, name in enumerate(FUNNEL):
                waits = [(t[step] - t[step - 1]) / 1_000 for t in all_times if step and len(t) > step]
                before = counts[max(step - 1, 0)]
                row = {"segment": segment, "step": step + 1, "name": name, "sessions": counts[step]}
                row |= {"rate": counts[step] / (before or 1), "total_rate": counts[step] / counts[0]}
                rows.append({**row, "median_seconds": float(statistics.median(waits) if waits else 0)})
        return rows


def _split(shopper: uuid.UUID, events: Iterable[Happened]) -> list[Session]:
    found: list[Session] = []
    last = -PAUSE
    for event in sorted(events, key=lambda e: (e.at, e.event_id)):
        if event.at - last >= PAUSE:
            found.append(Session(shopper, []))
        last = event.at
        if not found[-1].events or event.at // DAY <= found[-1].began // DAY + 1:
            found[-1].events.append(event)
    return found


def _source(page: Mapping[str, Any]) -> str:
    host = page["referrer"].removeprefix("https://").removeprefix("www.").split("/")[0]
    return str(page["source"] or host)


def _number(day: date, group_by: str) -> int:
    """Return the number of the period, so that periods can be subtracted."""
    if group_by == "month":
        return day.year * 12 + day.month - 1
    return day.toordinal() if group_by == "day" else (day.toordinal() - 1) // 7


def _label(number: int, group_by: str) -> str:
    if group_by == "month":
        return f"{number // 12}-{number % 12 + 1:02}"
    return str(date.fromordinal(number if group_by == "day" else number * 7 + 1))


def _reached(session: Session) -> list[int]:
    """Return the times at which the session reaches each step, as far as it comes."""
    times = [session.began]
    for kind in FUNNEL[1:]:
        following = [at for at in session.times(kind) if at >= times[-1]]
        if not following:
            break
        times.append(min(following))
    return times
