"""The rows of the report `funnel_steps`, by trying each event as the first step, with only the standard library."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from tests.acceptance.expected_sessions import Session, Truth, local_day
from tests.acceptance.random_visits import MINUTE, Happened

Unit = tuple[uuid.UUID, int]


class Step(NamedTuple):
    """An event that is a step; `may_be_first` if it lies in the period."""

    at: int
    number: int
    may_be_first: bool
    event: Happened


def rows(
    truth: Truth,
    *,
    zone: str,
    days: tuple[date, date],
    breakdown: str,
    bots: str,
    steps: Sequence[str],
    window_minutes: int,
    order: str,
    by: str,
) -> list[dict[str, Any]]:
    """Return the rows of the report, in any order."""
    window = window_minutes * MINUTE
    level_of = _strict_level if order == "strict" else _level_in_any_order
    units: dict[Unit, list[Step]] = defaultdict(list)
    if by == "session":
        for unit, day, event in _in_sessions(truth, zone=zone, bots=bots):
            if days[0] <= day <= days[1] and (number := _number(event, steps)):
                units[unit].append(Step(event.at, number, may_be_first=True, event=event))
    else:
        for unit, event in (
            (_unit(shopper), e) for shopper, found in truth.by_shopper.items() for e in found
        ):
            first, last = local_day(event.at, zone), local_day(event.at - window, zone)
            if days[0] <= first and last <= days[1] and (number := _number(event, steps)):
                units[unit].append(Step(event.at, number, first <= days[1], event))
    session_of = {event.event_id: session for session in truth.sessions for event in session.events}
    reached: dict[str, list[int]] = defaultdict(list)
    for found in units.values():
        if by == "shopper" and bots != "include" and any(s.event.is_bot for s in found) != (bots == "only"):
            continue
        found.sort(key=lambda step: step[:2])
        starts = [step for step in found if step.may_be_first and (step.number == 1 or order == "any")]
        level = max((level_of(step, found, len(steps), window) for step in starts), default=0)
        if level:
            session = session_of.get(starts[0].event.event_id)
            reached[_segment(truth, session, breakdown)].append(level)
    return [row for segment, levels in reached.items() for row in _rows(segment, levels, steps)]


def _in_sessions(truth: Truth, *, zone: str, bots: str) -> Iterator[tuple[Unit, date, Happened]]:
    for session in truth.counted(bots=bots):
        for event in session.events:
            yield (session.shopper, session.began), local_day(session.began, zone), event


def _unit(shopper: uuid.UUID) -> Unit:
    return shopper, 0


def _number(event: Happened, steps: Sequence[str]) -> int:
    name = f"custom:{event.fields['name']}" if event.type == "custom" else event.type
    return steps.index(name) + 1 if name in steps else 0


def _segment(truth: Truth, session: Session | None, breakdown: str) -> str:
    if breakdown == "none":
        return ""
    return "unknown" if session is None else truth.segment_of(session, breakdown)


def _rows(segment: str, levels: Sequence[int], steps: Sequence[str]) -> Iterator[dict[str, Any]]:
    counts = [sum(level > step for level in levels) for step in range(len(steps))]
    for step, name in enumerate(steps):
        row = {"segment": segment, "step": step + 1, "name": name, "reached": counts[step]}
        row |= {"rate": counts[step] / (counts[max(step - 1, 0)] or 1)}
        yield row | {"total_rate": counts[step] / counts[0]}


def _strict_level(start: Step, found: Sequence[Step], length: int, window: int) -> int:
    """Return how many steps follow one another, from this first step on."""
    at, level = start.at, 1
    while level < length:
        following = [s.at for s in found if s.number == level + 1 and at <= s.at <= start.at + window]
        if not following:
            break
        at, level = min(following), level + 1
    return level


def _level_in_any_order(start: Step, found: Sequence[Step], length: int, window: int) -> int:
    """Return how many steps happen within the window that begins with this event, if it is one of them."""
    numbers = {step.number for step in found if start.at <= step.at <= start.at + window}
    level = next((n for n in range(length) if n + 1 not in numbers), length)
    return level if level >= start.number else 0
