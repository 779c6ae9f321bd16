"""The WSGI application that Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from backend.config import lifeline

lifeline.tie_child()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
application = get_wsgi_application()
