"""What recommendations do by the clock."""

import os
import subprocess
import sys

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.recommendations import services
from backend.recommendations.models import ModelVersion
from ml.registry import Registry
from ml.settings import Settings

TRAINING_SECONDS = 3_000
KEPT_IN_REGISTRY = 14


@shared_task
def train_and_publish() -> str:
    """Train on everything until now, publish, and return the version.

    Training runs in a process of its own: its libraries and its memory leave with it.
    """
    registry = Registry(Settings.from_env().registry)
    serving = ModelVersion.objects.filter(is_serving=True, version__in=registry.versions()).first()
    command = [sys.executable, "-m", "ml.train"]
    if serving is not None:
        command += ["--serving", serving.version]
    subprocess.run(command, check=True, timeout=TRAINING_SECONDS, cwd=settings.BASE_DIR, env=os.environ)
    published = services.publish(None, registry=registry, now=timezone.now()).version
    registry.prune(keep=KEPT_IN_REGISTRY, spare=list(ModelVersion.objects.values_list("version", flat=True)))
    return published
