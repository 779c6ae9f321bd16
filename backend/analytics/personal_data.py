"""A shopper's events in the warehouse, and messages to staff about the ledger."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from analytics_pipeline import erasure, stream
from analytics_pipeline.exports import dead_letters_of, events_of
from analytics_pipeline.warehouse import microseconds
from backend.accounts.shopper_keys import ShopperKeys, shopper_keys_of
from backend.analytics.facts import write_facts
from backend.analytics.models import LedgerNotice
from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.engines.streams import tombstones
from backend.engines.warehouse import Migrated, warehouse_for_request
from backend.orders.models import Movement

_MOVEMENTS_AT_ONCE = 1_000

PERSONAL_DATA = PersonalTables(
    "reconciliation",
    [
        PersonalRows(
            section="ledger_notices",
            model=LedgerNotice,
            owner=owned_by("user"),
            exported=["day"],
            withheld=["id", "user", "reconciliation_id", "finding", "content"],
        ),
    ],
)


class EventData:
    """The events of a shopper, and those that were refused."""

    name = "analytics"

    def export(self, user_id: int) -> Iterator[tuple[str, Iterable[Mapping[str, Any]]]]:
        """Yield the events and the refused events.

        Raises:
            WarehouseUnavailable, WarehouseRefused, EngineBusy: the warehouse is not available.
        """
        keys = shopper_keys_of(user_id).all
        with warehouse_for_request() as warehouse:
            yield "events", events_of(warehouse, keys)
            yield "refused_events", dead_letters_of(warehouse, keys)

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Do nothing: `WarehouseStore` erases the events after the commit."""
        return {}


@dataclass(frozen=True, slots=True)
class WarehouseStore:
    """The warehouse."""

    target: Migrated
    name: str = "warehouse"

    def erase(self, keys: ShopperKeys, *, now: datetime) -> None:
        """Delete everything with the shopper's keys.

        Raises:
            NotConsumedYet: events that were accepted before wait to be stored.
            DayInUse: the rollups of a day are being rebuilt.
            StreamUnavailable, WarehouseUnavailable: a server is not available.
        """
        tombstones().add(keys.all, now=now)
        tombstones().require_consumed(
            keys.account, streams=(stream.PREVIOUS_KEY, stream.KEY), group=stream.GROUP
        )
        warehouse = self.target.warehouse()
        # The ledger has no keys any more. The new copies are stored before the old ones are deleted.
        version = microseconds(timezone.now())
        movements = erasure.movements_of(warehouse, keys.all)
        for start in range(0, len(movements), _MOVEMENTS_AT_ONCE):
            some = movements[start : start + _MOVEMENTS_AT_ONCE]
            write_facts(warehouse, Movement.objects.filter(pk__in=some), clock=timezone.now)
        erasure.delete_facts(warehouse, keys.all, version=version)
        erasure.delete_ratings(warehouse, keys.all)
        erasure.delete_links_and_letters(warehouse, keys.all)
        erasure.delete_events(warehouse, keys.all)
