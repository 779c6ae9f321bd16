#!/usr/bin/env python
"""Django's command line for Vitrine."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from analytics_pipeline.settings import InvalidSetting
from indexing.settings import SettingsError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    # Files that commands write under VITRINE_HOME are private to their owner.
    os.umask(0o077)
    if sys.argv[1:2] == ["test"]:
        sys.exit(f"{sys.argv[0]}: run the tests with `make test`, which starts the stores that they need")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, InvalidSetting, SettingsError) as error:
        sys.exit(f"{sys.argv[0]}: {error}")
