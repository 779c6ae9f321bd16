"""The shop's settings with the plain pages, for the handler that is measured."""

from backend.config.settings import *  # noqa: F403 - a settings module is its names

ROOT_URLCONF = "benchmarks.pages.urls"
