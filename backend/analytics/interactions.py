"""Interactions of users with products, with the accounts behind the warehouse's random keys."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_pipeline import product_interactions
from analytics_pipeline.product_interactions import InteractionType, Matching
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.settings import PipelineSettings
from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.analytics.errors import CustomersNotVisible
from backend.api.errors import InvalidInput
from backend.api.pagination import PageSpan
from backend.engines.warehouse import warehouse_for_request

DEFAULT_DAYS = 7
"""The days of a period of which one end isn't given; few enough that a large shop responds in time."""


def interactions_for(
    caller: User, parameters: Mapping[str, Any], *, span: PageSpan, now: datetime
) -> tuple[int, list[dict[str, Any]]]:
    """Return the number of matching interactions, and those of the page, the newest first.

    `user` is the account's id for staff who may see customers, and None for others and for guests.

    Raises:
        CustomersNotVisible: the caller asks for an account without the area `customers`.
        InvalidInput: the last day is before the first one.
        PageNotFound: the page is after the last one.
        EngineBusy, WarehouseNotMigrated, WarehouseUnavailable, WarehouseRefused: the warehouse is not
            available.
    """
    sees_customers = caller.has_area(StaffArea.CUSTOMERS)
    if parameters["user"] is not None and not sees_customers:
        raise CustomersNotVisible
    matching = _matching(parameters, now=now)
    if matching is None:
        span.require_within(0)
        return 0, []
    with warehouse_for_request() as warehouse:
        count = product_interactions.count(warehouse, matching)
        span.require_within(count)
        rows = product_interactions.page(warehouse, matching, offset=span.start, limit=span.page_size)
    accounts = _accounts({row["user_key"] for row in rows}) if sees_customers else {}
    return count, [{**row, "user": accounts.get(row["user_key"])} for row in rows]


def _matching(parameters: Mapping[str, Any], *, now: datetime) -> Matching | None:
    """Return the conditions; None if no interaction can match them."""
    first, last = _period(parameters["start_date"], parameters["end_date"], now=now)
    if last < first:
        raise InvalidInput(end_date=f"{last} is before the start_date {first}")
    if last < FIRST_DAY or first > LAST_DAY:
        return None
    user_key = parameters["user_key"]
    if parameters["user"] is not None:
        of_account = User.objects.filter(pk=parameters["user"]).values_list("shopper_key", flat=True).first()
        if of_account is None or user_key not in (None, of_account):
            return None
        user_key = of_account
    kind = parameters["interaction_type"]
    return Matching(
        start_date=max(first, FIRST_DAY),
        end_date=min(last, LAST_DAY),
        interaction_type=InteractionType(kind) if kind else None,
        product_id=parameters["product"],
        user_key=user_key,
    )


def _period(first: date | None, last: date | None, *, now: datetime) -> tuple[date, date]:
    """Return the first and the last day; what isn't given makes DEFAULT_DAYS days, as far as dates reach."""
    rest = timedelta(days=DEFAULT_DAYS - 1)
    if first is not None:
        return first, last or (first + rest if first <= date.max - rest else date.max)
    if last is None:
        last = now.astimezone(ZoneInfo(PipelineSettings.from_env().time_zone)).date()
    return (last - rest if last >= date.min + rest else date.min), last


def _accounts(keys: set[UUID]) -> dict[UUID, int]:
    return dict(User.objects.filter(shopper_key__in=keys).values_list("shopper_key", "pk"))
