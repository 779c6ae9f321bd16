"""Scheduled tasks of recommendations."""

import os
import subprocess
import sys

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.audit.actors import Actor
from backend.recommendations import services
from backend.recommendations.models import ModelVersion
from ml.registry import Registry
from ml.settings import TrainingSettings

TRAINING_SECONDS = 3_000
KEPT_IN_REGISTRY = 14


@shared_task
def train_and_publish() -> str:
    """Train on all data until now, publish the version and return its id.

    Training runs in a separate process, so that the worker does not keep its memory and libraries.
    """
    registry = Registry(TrainingSettings.from_env().registry)
    serving = ModelVersion.objects.filter(is_serving=True, version__in=registry.versions()).first()
    command = [sys.executable, "-m", "ml.train"]
    if serving is not None:
        command += ["--serving", serving.version]
    subprocess.run(command, check=True, timeout=TRAINING_SECONDS, cwd=settings.BASE_DIR, env=os.environ)
    published = services.publish(
        None, registry=registry, by=Actor.system("train_and_publish"), now=timezone.now()
    ).version
    registry.prune(
        keep=KEPT_IN_REGISTRY, protected=list(ModelVersion.objects.values_list("version", flat=True))
    )
    return published
