"""The ASGI application that Granian serves."""

import gc
import os

import django

from backend.config import lifeline

lifeline.tie_child()
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# The settings give web processes shorter database timeouts than background processes.
os.environ["VITRINE_PROCESS"] = "web"
django.setup()

from backend.config.web.serving import serving  # noqa: E402 - needs Django's apps
from backend.operations import web_processes  # noqa: E402

application = serving()
# What the start has loaded lives as long as the process. Without this the garbage collector visits all of it
# (0.1 s, for every thread) again and again, the more often the more objects the requests make.
gc.collect()
gc.freeze()
web_processes.announce()
