"""Writes of model versions, messages and names of events."""

from datetime import timedelta
from pathlib import Path

from backend.notifications.models import Delivery, DeliveryState, NotificationKind
from backend.recommendations import services as models
from backend.recommendations.models import ModelVersion
from backend.tracking.event_names import create_event_name
from backend.tracking.models import EventName
from ml.registry import Registry
from tests.backend.config.admin_site.writes.write import Write, values
from tests.backend.recommendations.shop import register
from tests.backend.shop import NOW, SYSTEM, seller


def _versions(folder: Path) -> list[ModelVersion]:
    """Publish two versions of an empty model, the second of which is serving."""
    registry = Registry(folder / "models")
    return [
        models.publish(
            register(
                folder / "models",
                {"product.content_based": {3: [(4, 1.0, 0)]}},
                now=NOW + timedelta(days=day),
                fingerprint=str(day) * 64,
            ).id,
            registry=registry,
            by=SYSTEM,
            now=NOW + timedelta(days=day),
        )
        for day in range(2)
    ]


def _unpinned(folder: Path) -> ModelVersion:
    _versions(folder)
    return models.unpin(by=SYSTEM)


def _other_than(row: ModelVersion) -> str:
    return ModelVersion.objects.exclude(pk=row.pk).get().version


def _failed_message(_: Path) -> Delivery:
    return Delivery.objects.create(
        kind=NotificationKind.STOCK_ALERT,
        channel="email",
        recipient=seller(),
        state=DeliveryState.FAILED,
        collecting=False,
        queued_at=NOW,
        due_at=NOW,
        finished_at=NOW,
    )


def _event_name(_: Path) -> EventName:
    described = {"name": "quiz", "description": "", "properties": {"answers": "number"}, "is_active": True}
    return create_event_name(described, by=SYSTEM, now=NOW)


MODELS_AND_MESSAGES = (
    Write(
        model=EventName,
        name="create",
        arrange=lambda _: None,
        sent=values(name="quiz", properties='{"answers": "number"}', is_active="on"),
        wrong=values(name="quiz", properties='{"answers": "date"}', is_active="on"),
        error="The type of a property is one of",
        state=lambda _: EventName.objects.count(),
        expected=1,
        audit="tracking.event_name_created",
    ),
    Write(
        model=EventName,
        name="change",
        arrange=_event_name,
        sent=values(is_active=""),
        wrong=values(properties="[1]"),
        error="Must be an object",
        state=lambda row: row.is_active,
        expected=False,
        audit="tracking.event_name_updated",
    ),
    Write(
        model=ModelVersion,
        name="publish",
        arrange=lambda folder: _versions(folder)[0],
        wrong=values(reason="x" * 501),
        error="at most 500 characters",
        state=lambda row: row.is_serving,
        expected=True,
        audit="recommendations.published",
    ),
    Write(
        model=ModelVersion,
        name="publish-registered",
        arrange=lambda folder: _versions(folder)[1],
        sent=lambda row: {"version": _other_than(row)},
        wrong=values(version="20200101T000000Z-00000000"),
        error="Select a valid choice",
        state=lambda row: row.is_serving,
        expected=False,
        audit="recommendations.published",
    ),
    Write(
        model=ModelVersion,
        name="pin",
        arrange=_unpinned,
        sent=values(reason="The holidays"),
        wrong=values(reason=" "),
        error="required",
        state=lambda row: row.pauses_publishing,
        expected=True,
        audit="recommendations.pinned",
    ),
    Write(
        model=ModelVersion,
        name="unpin",
        arrange=lambda folder: _versions(folder)[1],
        state=lambda row: row.pauses_publishing,
        expected=False,
        audit="recommendations.unpinned",
    ),
    Write(
        model=ModelVersion,
        name="roll-back",
        arrange=lambda folder: _versions(folder)[1],
        state=lambda row: row.is_serving,
        expected=False,
        audit="recommendations.rolled_back",
    ),
    Write(
        model=Delivery,
        name="send-again",
        arrange=_failed_message,
        state=lambda delivery: delivery.state,
        expected=DeliveryState.PENDING,
        audit="notifications.sent_again",
    ),
)
