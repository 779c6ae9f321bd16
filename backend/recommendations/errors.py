"""Errors of recommendations."""

from backend.api.errors import DomainError


class NothingToPublish(DomainError):
    """The registry is empty."""

    code = "no_model_version"
    status = 404
    message = "No version has been trained yet; `python -m ml.train` makes one."
    hint = "Train a version with `python -m ml.train`."


class NothingToRollBackTo(DomainError):
    """No version was in service before the present one, or its lists were deleted."""

    code = "no_earlier_model_version"
    status = 409
    message = "No earlier version is loaded; publish one by its name."
    hint = "Publish a version by its name: `python manage.py publish_model VERSION`."
