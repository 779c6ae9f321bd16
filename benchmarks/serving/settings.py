"""The shop's settings with the plain view, for the measured process."""

from backend.config.settings import *  # noqa: F403 - a settings module is its names

ROOT_URLCONF = "benchmarks.serving.urls"
