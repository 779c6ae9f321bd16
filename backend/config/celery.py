"""The Celery application, which discovers each app's `tasks.py`."""

import os

from celery import Celery
from celery.signals import setup_logging

from backend.config.engines import broker_url
from backend.config.schedule import BEAT_SCHEDULE

# Files that workers write, such as model versions, are private to the owner.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# Django's system checks import every view. `manage.py check` and `migrate` run them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("vitrine")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.broker_url = broker_url()
# Not in the settings, because every process reads those, and importing `crontab` takes 0.15 s.
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: object) -> None:
    """Do nothing: if a receiver is connected, Celery doesn't replace Django's logging configuration."""
