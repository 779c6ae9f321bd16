"""Errors of recommendations."""

from backend.api.errors import DomainError


class NothingToPublish(DomainError):
    """No model version has been trained yet."""

    code = "no_model_version"
    status = 404
    message = "No version has been trained yet; run `python -m ml.train`."
    hint = "Train a version with `python -m ml.train`."


class NothingToRollBackTo(DomainError):
    """No version was published before the current one, or the lists of that version were deleted."""

    code = "no_earlier_model_version"
    status = 409
    message = "No earlier version is loaded; publish a version by its name."
    hint = "Publish a version by its name: `python manage.py publish_model VERSION`."
