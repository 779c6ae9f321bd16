"""Registers what higher-level apps provide to lower-level ones."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from backend.analytics import health as warehouse_health
from backend.audit import health as audit_health
from backend.catalog import promoted
from backend.catalog.images import files as image_files
from backend.config.personal_data import handlers, stores
from backend.config.storages import BUCKET, storage_errors
from backend.exposures import services as exposures
from backend.notifications import additions as kinds_of_messages
from backend.notifications import health as notifications_health
from backend.operations import health, schema
from backend.operations.storage import Storage, free_bytes
from backend.outbox import health as outbox_health
from backend.payments import health as payments_health
from backend.privacy import handlers as personal_data
from backend.recommendations import health as recommendations_health
from backend.search import health as search_health
from backend.tracking import health as stream_health
from backend.tracking import sink
from backend.webhooks import health as webhooks_health

if TYPE_CHECKING:
    from backend.dashboard.ledger_kind import LedgerFindingKind
    from backend.dashboard.mail_kind import ReportKind


def connect() -> None:
    """Register the exposure sink, kinds of messages, personal data, health checks, and errors of a bucket."""
    exposures.register_sink(sink.store)
    promoted.register_units_left(_units_left)
    kinds_of_messages.register(_mailed_reports)
    kinds_of_messages.register(_ledger_findings)
    personal_data.register(handlers(), stores=stores())
    if settings.STORAGES["default"]["BACKEND"] == BUCKET:
        image_files.register_storage_errors(storage_errors())
    health.register("database", health.database, required=True)
    health.register("schema", schema.check, required=True)
    health.register("storage", Storage(_folders(), free_bytes).check, required=False)
    health.register("relay", outbox_health.check, required=False)
    health.register("audit", audit_health.check, required=False)
    health.register("payments", payments_health.check, required=False)
    health.register("search", search_health.check, required=False)
    health.register("stream", stream_health.check, required=False)
    health.register("recommendations", recommendations_health.check, required=False)
    health.register("notifications", notifications_health.check, required=False)
    health.register("webhooks", webhooks_health.check, required=False)
    health.register("warehouse", warehouse_health.check, required=False)
    health.register("reconciliation", warehouse_health.reconciliation, required=False)


def _units_left(promotion_ids: Collection[int]) -> Mapping[int, int]:
    # Only processes that show promotions need what it imports.
    from backend.promotions.selectors import units_left  # noqa: PLC0415

    return units_left(promotion_ids)


def _mailed_reports() -> "ReportKind":
    # Only processes that send messages need what it imports.
    from backend.dashboard.mail_kind import ReportKind  # noqa: PLC0415

    return ReportKind()


def _ledger_findings() -> "LedgerFindingKind":
    from backend.dashboard.ledger_kind import LedgerFindingKind  # noqa: PLC0415 - as above

    return LedgerFindingKind()


def _folders() -> dict[str, Path]:
    """Return the local folders that the shop writes to: the home, and that of an SQLite database."""
    folders: dict[str, Path] = {"home": settings.VITRINE_HOME}
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite"):
        folders["database"] = Path(database["NAME"]).parent
    return folders
