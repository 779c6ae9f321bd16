"""The ASGI application that Granian serves."""

import os

import django

from backend.config import lifeline

lifeline.tie_child()
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# Read by the settings: a request waits for the database for less long than a background process does.
os.environ["VITRINE_PROCESS"] = "web"
django.setup()

from backend.config.web.serving import serving  # noqa: E402 - Django's apps are loaded first
from backend.operations import web_processes  # noqa: E402

application = serving()
web_processes.announce()
