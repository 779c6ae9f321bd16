"""Periodic tasks for recommendations."""

import os
import subprocess
import sys
from datetime import datetime

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.audit.actors import Actor
from backend.recommendations import pointer, services
from backend.recommendations.errors import OlderThanServing, VersionNotPublishable
from backend.recommendations.models import ModelVersion
from backend.recommendations.personal_data import forget_erased_shoppers
from ml.registry import Registry, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings

logger = structlog.get_logger(__name__)

REMEDY = "serve the newest version with: manage.py publish_model"
TRAINING_SECONDS = 3_000
KEPT_IN_REGISTRY = 14


@shared_task
def train_and_publish() -> str:
    """Train on all data until now, publish the version and return the id of the version that serves.

    If what serves is pinned, or a gate refuses the new version, that is registered, but not published. If
    another process is training, nothing is done. Training runs in a separate process, so that the worker
    doesn't keep its memory and libraries.
    """
    registry = Registry(TrainingSettings.from_env().registry)
    # Also from versions that were trained by hand and not published.
    forget_erased_shoppers(registry)
    command = [sys.executable, "-m", "ml.train", *_serving_option(registry)]
    done = subprocess.run(
        command, check=False, timeout=TRAINING_SECONDS, cwd=settings.BASE_DIR, env=os.environ
    )
    if done.returncode == os.EX_TEMPFAIL:
        logger.warning("training_runs_already")
        serving = pointer.serving()
        return "" if serving is None else serving.version
    done.check_returncode()
    by, now = Actor.system("train_and_publish"), timezone.now()
    published = _publish(registry, by=by, now=now)
    if published.pauses_publishing:
        logger.warning("publishing_is_paused", serving=published.version, remedy=REMEDY)
    registry.prune(
        keep=KEPT_IN_REGISTRY, protected=list(ModelVersion.objects.values_list("version", flat=True))
    )
    return published.version


def _publish(registry: Registry, *, by: Actor, now: datetime) -> ModelVersion:
    """Publish the newest version, and return the one that serves: the same as before if a gate refuses it.

    Raises:
        VersionNotPublishable: a gate refuses it, and nothing serves.
    """
    try:
        return services.publish_unless_pinned(registry=registry, by=by, now=now)
    except (VersionNotPublishable, OlderThanServing) as error:
        serving = pointer.serving()
        if serving is None:
            raise
        logger.warning("version_refused", serving=serving.version, reason=str(error), **error.details)
        return serving


def _serving_option(registry: Registry) -> list[str]:
    """Return the option that includes the serving version's recipe; none if the version can't be read."""
    serving = pointer.serving()
    if serving is None:
        return []
    try:
        registry.load(serving.version)
    except (VersionDamaged, VersionNotFound) as error:
        # A new training is the remedy, so it must not depend on the version that is missing.
        logger.warning("served_recipe_not_compared", reason=str(error))
        return []
    return ["--serving", serving.version]
