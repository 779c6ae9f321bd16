"""The ASGI application that Granian serves."""

import os

import django

from backend.config import lifeline

lifeline.tie_child()
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# The settings give web processes shorter database timeouts than background processes.
os.environ["VITRINE_PROCESS"] = "web"
django.setup()

from backend.config.web.garbage import collect_seldom  # noqa: E402 - needs Django's apps
from backend.config.web.serving import serving  # noqa: E402
from backend.operations import web_processes  # noqa: E402

application = serving()
collect_seldom()
web_processes.announce()
