"""Writes of model versions and messages."""

from datetime import timedelta
from pathlib import Path

from backend.notifications.models import Delivery, DeliveryState, NotificationKind
from backend.recommendations import services as models
from backend.recommendations.models import ModelVersion
from ml.registry import Registry
from tests.backend.config.admin_site.writes.write import Write
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


MODELS_AND_MESSAGES = (
    Write(
        model=ModelVersion,
        name="publish",
        arrange=lambda folder: _versions(folder)[0],
        state=lambda row: row.is_serving,
        expected=True,
        audit="recommendations.published",
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
