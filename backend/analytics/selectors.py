"""Reports for people: who may see what, and how fresh it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from analytics_pipeline import reports, rollups
from analytics_pipeline.reports import Answer, InvalidParameter
from analytics_pipeline.stream import Stream, StreamLag
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User
from backend.analytics.subscribers import OrderFacts, Products
from backend.api.errors import InvalidInput
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.engines.warehouse import Migrated, warehouse_for_request
from backend.outbox import selectors as outbox


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the warehouse is behind the shop."""

    facts: outbox.Lag
    products: outbox.Lag
    events: StreamLag
    dirty_days: list[date]


def sales(*, user: User, **parameters: object) -> Answer:
    """Return sales by period: all of them for staff, a seller's own for a seller.

    Raises:
        InvalidInput: a parameter can't be used.
        EngineBusy: as many reports as may run at once are running.
        WarehouseUnavailable, WarehouseRefused: the warehouse can't answer.
    """
    return _run("sales", user=user, parameters=parameters)


def product(product_id: int, *, user: User, **parameters: object) -> Answer:
    """Return what was done with a product and what it earned, by period.

    Raises:
        ProductNotFound: there is no such product, or it is another seller's.
        InvalidInput: a parameter can't be used.
        EngineBusy: as many reports as may run at once are running.
        WarehouseUnavailable, WarehouseRefused: the warehouse can't answer.
    """
    own = {} if user.is_admin else {"seller": user}
    if not Product.objects.filter(pk=product_id, **own).exists():
        raise ProductNotFound(product_id=product_id)
    return _run("product", user=user, parameters={"product": product_id, **parameters})


def freshness(warehouse: Warehouse, stream: Stream, *, now: datetime) -> Freshness:
    """Return how far behind facts, products, events and rollups are."""
    target = Migrated(warehouse)
    return Freshness(
        facts=outbox.lag(OrderFacts(target), now=now),
        products=outbox.lag(Products(target), now=now),
        events=stream.lag(now=now),
        dirty_days=rollups.dirty_days(warehouse),
    )


def _run(name: str, *, user: User, parameters: Mapping[str, object]) -> Answer:
    seller = reports.EVERY_SELLER if user.is_admin else user.pk
    try:
        with warehouse_for_request() as warehouse:
            return reports.run(warehouse, name, seller=seller, **parameters)
    except InvalidParameter as error:
        raise InvalidInput(**{error.parameter: error.reason}) from error
