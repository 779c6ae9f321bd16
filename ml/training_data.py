"""Training data, read from the warehouse."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from analytics_pipeline import interactions as extracts
from analytics_pipeline.warehouse import Warehouse
from ml import sessions
from ml.catalogue import Catalogue, ProductFacts
from ml.dataset import InteractionLog
from ml.orders import Orders
from ml.sessions import Sessions
from ml.trust import LIMITS, Learned, Limits, Origins, learned

CATEGORY_SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Interactions and products as of `as_of`.

    Models learn from `log`, and `trust` says how it was made. `histories` are the interactions of all
    shoppers, from which their own lists are computed. `orders` show what goes with a product, `sessions` what
    is viewed after it.
    """

    log: InteractionLog
    catalogue: Catalogue
    as_of: datetime
    histories: InteractionLog
    trust: Learned | None = None
    orders: Orders = field(default_factory=Orders.empty)
    sessions: Sessions = field(default_factory=Sessions.empty)

    def fingerprint(self) -> str:
        """Return the SHA-256 of every interaction, order, session and product, in hexadecimal."""
        parts = (self.log, self.histories, self.orders, self.sessions, self.catalogue)
        return hashlib.sha256("".join(part.fingerprint() for part in parts).encode()).hexdigest()


def from_warehouse(warehouse: Warehouse, *, as_of: datetime, limits: Limits = LIMITS) -> TrainingData:
    """Return interactions and products as of a point in time; `limits` decide what models learn from.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    histories, origins = interactions_of(warehouse, as_of=as_of)
    catalogue = catalogue_of(warehouse, as_of=as_of)
    trust = learned(histories, origins, limits=limits)
    orders = _orders(extracts.orders(warehouse, as_of=as_of))
    proven = np.unique(histories.users[origins.purchases])
    seen = sessions.from_warehouse(warehouse, as_of=as_of, trust=trust, proven=proven, limits=limits)
    return TrainingData(trust.log, catalogue, as_of, histories, trust, orders, seen)


def catalogue_of(warehouse: Warehouse, *, as_of: datetime) -> Catalogue:
    """Return the products that were created before a point in time and aren't deleted.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    products = extracts.products(warehouse, as_of=as_of)
    return Catalogue.of([_facts(row) for row in products.to_dict("records")])


def interactions_of(warehouse: Warehouse, *, as_of: datetime) -> tuple[InteractionLog, Origins]:
    """Return all interactions before a point in time, and where each of them came from.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    rows = extracts.interactions(warehouse, as_of=as_of)
    return _log(rows), _origins(rows)


def _log(rows: pd.DataFrame) -> InteractionLog:
    if rows.empty:
        return InteractionLog.empty()
    return InteractionLog(
        # 36 ASCII bytes a key; NumPy's str takes four times as much.
        users=rows["shopper"].to_numpy().astype("S36"),
        items=rows["product_id"].to_numpy(np.int64),
        times=rows["interacted_at"].to_numpy(np.int64).astype("datetime64[s]"),
        weights=rows["weight"].to_numpy(np.float32),
    )


def _orders(rows: pd.DataFrame) -> Orders:
    if rows.empty:
        return Orders.empty()
    return Orders(
        orders=rows["order_id"].to_numpy(np.int64),
        items=rows["product_id"].to_numpy(np.int64),
        times=rows["ordered_at"].to_numpy(np.int64).astype("datetime64[s]"),
        buyers=rows["buyer"].to_numpy().astype("S36"),
        by_account=rows["by_account"].to_numpy(np.bool_),
    )


def _origins(rows: pd.DataFrame) -> Origins:
    if rows.empty:
        return Origins.empty()
    return Origins(
        arrived=rows["arrived_at"].to_numpy(np.int64).astype("datetime64[s]"),
        sources=rows["source_key"].to_numpy(np.uint64),
        purchases=rows["is_purchase"].to_numpy(np.bool_),
    )


def _facts(row: Mapping[Any, Any]) -> ProductFacts:
    return ProductFacts(
        product_id=int(row["product_id"]),
        title=row["title"],
        description=row["description"],
        brand=row["brand"],
        category=tuple(row["category_path"].split(CATEGORY_SEPARATOR)) if row["category_path"] else (),
        attributes={name: tuple(values) for name, values in row["attributes"].items()},
        price=float(row["price"]),
        sellable=bool(row["is_active"]),
    )
