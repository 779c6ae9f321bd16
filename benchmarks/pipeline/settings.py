"""The shop's settings with two more paths, for the measured server."""

from backend.config.settings import *  # noqa: F403 - a settings module is its names

ROOT_URLCONF = "benchmarks.pipeline.urls"
