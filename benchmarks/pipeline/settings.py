"""The shop's settings with two more paths, for the server that is measured."""

from backend.config.settings import *  # noqa: F403 - a settings module is its names

ROOT_URLCONF = "benchmarks.pipeline.urls"
