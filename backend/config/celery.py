"""The Celery application, which discovers each app's `tasks.py`."""

import os

from celery import Celery
from celery.signals import setup_logging

from backend.config.engines import broker_url

# Files that workers write, such as model versions, are private to the owner.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")

app = Celery("vitrine")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.broker_url = broker_url()
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: object) -> None:
    """Do nothing: if a receiver is connected, Celery doesn't replace Django's logging configuration."""
