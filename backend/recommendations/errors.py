"""Errors of recommendations."""

from typing import ClassVar

from backend.api.errors import DomainError, EngineUnavailable


class NothingToPublish(DomainError):
    """No model version has been trained yet."""

    code = "no_model_version"
    status = 404
    message = "No version has been trained yet; run `python -m ml.train`."
    hint = "Train a version with `python -m ml.train`."


class VersionNotPublishable(DomainError):
    """A gate refused the version."""

    code = "model_version_refused"
    status = 409
    message = "The version was refused by a gate."
    details_keys = {"gates": "the names of the gates that refused it"}
    hint = (
        "Train again with `python -m ml.train`, or publish it nevertheless with "
        '`python manage.py publish_model VERSION --force --reason "…"`, which is recorded.'
    )


class OlderThanServing(DomainError):
    """The newest version that can be read is older than the one that serves."""

    code = "model_version_older"
    status = 409
    message = "The newest version that can be read is older than the one that serves."
    hint = "Train a new version with `python -m ml.train`, or publish the older one by its name."


class ReasonMissing(DomainError):
    """A version can only be published against its gates with a reason."""

    code = "reason_missing"
    status = 400
    message = "Say why: `--reason` is recorded with the publication."
    hint = 'Repeat the command with --reason "…".'


class NothingServes(DomainError):
    """There is no version that could be pinned."""

    code = "no_serving_model_version"
    status = 409
    message = "No version serves yet; publish one with `python manage.py publish_model`."
    hint = "Publish a version with `python manage.py publish_model`."


class ModelFilesUnavailable(EngineUnavailable):
    """The files of published versions can't be read on this host."""

    code: ClassVar[str] = "model_files_unavailable"
    message = "The recommendations of your account can't be read right now; try again later."
    hint = "Repeat the request later; an operator has to restore the files of the models, or to delete them."


class NothingToRollBackTo(DomainError):
    """No version was published before the current one, or the files of that version were deleted."""

    code = "no_earlier_model_version"
    status = 409
    message = "There is no earlier version with files; publish a version by its name."
    hint = "Publish a version by its name: `python manage.py publish_model VERSION`."
