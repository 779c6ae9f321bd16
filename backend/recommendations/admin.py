"""Versions of the recommendation models in Django's admin."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.errors import InvalidInput
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.recommendations import services
from backend.recommendations.models import REASON_CHARS, ModelVersion
from ml.registry import Registry, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings


class PublishForm(OperationForm):
    """The reason for publishing a version that a gate refuses."""

    reason = forms.CharField(
        max_length=REASON_CHARS,
        required=False,
        label="Publish although a gate refuses it, because",
        help_text="Recorded with the gates. Leave empty to publish only a version that passes.",
    )


def publish(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Serve the version until staff publish another one."""
    registry = Registry(TrainingSettings.from_env().registry)
    try:
        services.publish(
            row.version,
            registry=registry,
            by=actor_of(request),
            now=timezone.now(),
            forced_because=values["reason"] or None,
        )
    except (VersionNotFound, VersionDamaged) as error:
        raise InvalidInput(version=[str(error)]) from error
    return f"{row.version} is serving; scheduled training publishes nothing until it is unpinned."


def roll_back(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Serve the version that the present one replaced."""
    registry = Registry(TrainingSettings.from_env().registry)
    served = services.rollback(registry=registry, by=actor_of(request), now=timezone.now())
    return f"{served.version} is serving again."


@admin.register(ModelVersion)
class ModelVersionAdmin(ServiceAdmin):
    """Versions that were published lately, of which one is serving."""

    area = StaffArea.MODELS
    list_display = ("version", "is_serving", "pauses_publishing", "published_at", "loaded_at")
    ordering = ("-version",)
    operations = (
        Operation(
            name="publish",
            label="Publish",
            perform=publish,
            form=PublishForm,
            applies=lambda row: row.loaded_at is not None and not row.is_serving,
            explanation="All recommendations come from this version within a second.",
        ),
        Operation(
            name="roll-back",
            label="Roll back",
            perform=roll_back,
            applies=lambda row: row.is_serving,
            explanation="The version that was published before serves again.",
        ),
    )
