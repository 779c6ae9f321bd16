"""Exposure errors."""


class ExposureNotStored(Exception):
    """The sink can't store the exposure at the moment."""
