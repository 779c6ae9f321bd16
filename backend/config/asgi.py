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
# Objects that were loaded at start-up live as long as the process. Without this, every full garbage
# collection traverses all of them, which stops every thread for 0.1 s.
gc.collect()
gc.freeze()
web_processes.announce()
