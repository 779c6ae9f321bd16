"""The Celery application; it finds each app's `tasks.py` by itself."""

import os

from celery import Celery
from celery.signals import setup_logging

from backend.config.engines import broker_url

# What workers write, such as versions of models, is for the owner alone.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")

app = Celery("vitrine")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.broker_url = broker_url()
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: object) -> None:
    """Leave logging as Django's settings configure it; Celery asks for a receiver to do so."""
