"""Reads test cases of reports: Markdown files with small tables that analysts can read and write.

A file has a title, the stored rows (`## orders`, `## events`, `## links`, `## products`,
`## refused`, `## dead letters`, `## stock`), and any number of
expectations (`## report: NAME`, parameters as `name: value`, the expected rows or "no rows").
Shoppers, lists and events have names: the same name always stands for the same UUID. A list without an exposure
event is forged. An expected table may omit columns, but no rows.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import (
    AnyEvent,
    CartAdd,
    Carted,
    Checkout,
    Click,
    Custom,
    Exposure,
    OrderPlaced,
    PageView,
    Record,
    View,
    WishlistAdd,
)
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import id_at

FOLDER = Path(__file__).parent / "report_cases"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, str]


@dataclass(frozen=True)
class Expectation:
    """A report with its parameters and the rows that it must return."""

    report: str
    parameters: Row
    rows: list[Row]


@dataclass
class Case:
    """Stored rows, and what reports must return from them."""

    name: str
    stored: dict[str, list[Row]] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)

    def events(self) -> list[Record]:
        """Return the events to store."""
        return [_record(row) for row in self.stored.get("events", [])]

    def store(self, warehouse: Warehouse) -> None:
        """Store the orders, links, products and refused events."""
        for name, columns in (
            ("order_facts", _facts(self.stored.get("orders", []))),
            ("shopper_links", _links(self.stored.get("links", []))),
            ("products", _products(self.stored.get("products", []))),
            ("refused_events", _refusals(self.stored.get("refused", []))),
            ("dead_letters", _letters(self.stored.get("dead letters", []))),
            ("availability_changes", _stock(self.stored.get("stock", []))),
        ):
            warehouse.insert(name, columns)


def all_cases() -> list[Case]:
    """Return every case in the folder."""
    return [read(path) for path in sorted(FOLDER.rglob("*.md"))]


def read(path: Path) -> Case:
    """Return the case that a file describes."""
    case = Case(name=f"{path.parent.name}/{path.stem}")
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, content = section.partition("\n")
        lines = [line.strip() for line in content.splitlines() if line.strip()]
        rows = list(_table([line for line in lines if line.startswith("|")]))
        if title.startswith("report: "):
            parameters = dict(
                line.split(": ", 1) for line in lines if not line.startswith("|") and line != "no rows"
            )
            assert rows or "no rows" in lines, f"{path.name}: {title} expects no rows and doesn't say so"
            case.expectations.append(Expectation(title.removeprefix("report: "), parameters, rows))
        else:
            case.stored[title.strip()] = rows
    assert case.expectations, f"{path.name} expects nothing of any report"
    return case


def cell_text(value: Any) -> str:
    """Return a value of a report as a case writes it."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _table(lines: list[str]) -> Iterator[Row]:
    if not lines:
        return
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    for row in rows:
        yield dict(zip(head, row, strict=True))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _shopper_key(row: Row, column: str) -> UUID:
    name = row.get(column, "")
    return uuid5(NAMESPACE_OID, name) if name else NIL_UUID


@cache
def _event_id(name: str, at: str) -> UUID:
    return id_at(_moment(at))


def _list_id(row: Row) -> UUID:
    """Return the id of the list that a row names as `NAME @ TIME`; without a time, the id isn't a UUIDv7."""
    name, _, at = row.get("list", "").partition(" @ ")
    if not name:
        return NIL_UUID
    return _event_id(name, at) if at else UUID(int=12345)


_unnamed = itertools.count()


def _record(row: Row) -> Record:
    event_id = _event_id(row.get("id") or f"unnamed {next(_unnamed)}", row["at"])
    listed = _list_id(row)
    list_id = None if listed == NIL_UUID else listed
    shopper = _shopper_key(row, "shopper")
    product = int(row.get("product") or 0)
    event: AnyEvent
    match row["type"]:
        case "exposure":
            event = Exposure(
                event_id=event_id,
                surface=row.get("surface") or "search",
                query=row.get("query", "").strip('"'),
                product_ids=tuple(map(int, filter(None, row.get("products", "").split(",")))),
                filters=row.get("filters") or "{}",
                slot=row.get("slot", ""),
                algorithm=row.get("algorithm", ""),
                list_version=row.get("version", ""),
                sources=tuple(filter(None, row.get("sources", "").split(", "))),
                page=int(row.get("page") or 1),
                first_position=int(row["first"]) if row.get("first") else None,
                **_rules(row),
            )
        case "view":
            event = View(event_id=event_id, product_id=product)
        case "click":
            event = Click(event_id=event_id, product_id=product, exposure_id=list_id)
        case "cart_add" | "carted" as type_:
            event = (CartAdd if type_ == "cart_add" else Carted)(
                event_id=event_id,
                product_id=product,
                quantity=int(row.get("quantity") or 1),
                exposure_id=list_id,
            )
        case "wishlist_add":
            event = WishlistAdd(event_id=event_id, product_id=product)
        case "page_view":
            page: dict[str, Any] = {
                name: row.get(name, "") for name in ("path", "referrer", "source", "campaign")
            }
            event = PageView(event_id=event_id, **page)
        case "checkout":
            event = Checkout(event_id=event_id, step=row.get("step") or "address")
        case "order":
            event = OrderPlaced(event_id=event_id, product_id=product, order_id=int(row["order"]))
        case "custom":
            event = Custom(event_id=event_id, name=row["name"])
        case other:
            raise AssertionError(f"cases have no events of type {other}")
    return Record(
        event=event,
        shopper_key=None if shopper == NIL_UUID else shopper,
        arrived_at=_moment(row["arrived"]) if row.get("arrived") else event.occurred_at,
        number=1,
        source_key=int(row.get("network") or 0),
        device=row.get("device", ""),
        is_bot=row.get("bot") == "yes",
        consent=row.get("consent", ""),
        clock_offset=int(row.get("offset") or 0) * 1_000,
    )


def _rules(row: Row) -> dict[str, Any]:
    """Return the rules of a list, from `rules` such as "1, 2" and `pinned` such as "PRODUCT by RULE, …"."""
    pinned = [tuple(map(int, each.split(" by "))) for each in filter(None, row.get("pinned", "").split(","))]
    return {
        "rule_ids": tuple(map(int, filter(None, row.get("rules", "").split(",")))),
        "pinned_ids": tuple(product for product, _ in pinned),
        "pinned_by": tuple(rule for _, rule in pinned),
    }


def _facts(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "movement_id": list(range(1, len(rows) + 1)),
        "kind": [row["kind"] for row in rows],
        "amount": [Decimal(row["amount"]) for row in rows],
        "occurred_at": [_moment(row["at"]) for row in rows],
        "placed_at": [_moment(row["placed at"]) if row.get("placed at") else NEVER for row in rows],
        "quantity": [int(row.get("quantity") or 1) for row in rows],
        "product_id": [int(row.get("product") or 1) for row in rows],
        "variant_id": [int(row.get("variant") or 0) for row in rows],
        "order_id": [int(row.get("order") or 1) for row in rows],
        "seller_id": [int(row.get("seller") or 7) for row in rows],
        "category_path": [row.get("category", "") for row in rows],
        "brand": [row.get("brand", "") for row in rows],
        "country": [row.get("country", "") for row in rows],
        "discount": [Decimal(row.get("discount") or 0) for row in rows],
        "tax": [Decimal(row.get("tax") or 0) for row in rows],
        "currency": [row.get("currency") or "EUR" for row in rows],
        "customer_key": [_shopper_key(row, "customer") for row in rows],
        "shopper_key": [_shopper_key(row, "shopper") for row in rows],
        "exposure_id": [_list_id(row) for row in rows],
        "cart_added_at": [_moment(row["in cart at"]) if row.get("in cart at") else NEVER for row in rows],
        "version": [1] * len(rows),
    }


def _stock(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "change_id": [int(row["variant"]) * 100 + number for number, row in enumerate(rows)],
        "variant_id": [int(row["variant"]) for row in rows],
        "product_id": [int(row["product"]) for row in rows],
        "is_available": [row["state"] == "in" for row in rows],
        "changed_at": [_moment(row["at"]) for row in rows],
        "version": [1] * len(rows),
    }


def _links(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "anonymous_key": [_shopper_key(row, "guest") for row in rows],
        "shopper_key": [_shopper_key(row, "account") for row in rows],
        "linked_at": [_moment(row["at"]) for row in rows],
    }


def _refusals(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "entry": [row["request"] for row in rows],
        "type": [row["type"] for row in rows],
        "fault": [row["fault"] for row in rows],
        "arrived_at": [_moment(row["at"]) for row in rows],
        "events": [int(row["events"]) for row in rows],
    }


def _letters(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "entry": [row["request"] for row in rows],
        "position": list(range(len(rows))),
        "type": [row["type"] for row in rows],
        "fault": [row["fault"] for row in rows],
        "arrived_at": [_moment(row["at"]) for row in rows],
        "replayed": [int(row["replayed"] == "yes") for row in rows],
    }


def _products(rows: list[Row]) -> dict[str, list[Any]]:
    return {
        "product_id": [int(row["product"]) for row in rows],
        "title": [row.get("title", "") for row in rows],
        "category_path": [row.get("category", "") for row in rows],
        "brand": [row.get("brand", "") for row in rows],
        "seller_id": [int(row["seller"]) for row in rows],
        "currency": [row["currency"] for row in rows],
        "version": [1] * len(rows),
    }
