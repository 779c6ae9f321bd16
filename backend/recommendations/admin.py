"""Versions of the recommendation models in Django's admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join

from backend.accounts.areas import StaffArea
from backend.api.errors import InvalidInput
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.recommendations import services
from backend.recommendations.models import REASON_CHARS, ModelVersion, Publication, ServingPointer
from backend.recommendations.registered import Registered, described, manifest_of, registered
from ml.registry import Registry, VersionDamaged, VersionNotFound
from ml.settings import TrainingSettings


def _registry() -> Registry:
    return Registry(TrainingSettings.from_env().registry)


class PublishForm(OperationForm):
    """The reason for publishing a version that a gate refuses."""

    reason = forms.CharField(
        max_length=REASON_CHARS,
        required=False,
        label="Publish although a gate refuses it, because",
        help_text="Recorded with the gates. Leave empty to publish only a version that passes.",
    )


class PublishRegisteredForm(PublishForm):
    """The version to publish, among those that are registered and don't serve."""

    version = forms.ChoiceField(label="Version")
    field_order = ("version", "reason")

    def add_fields(self) -> None:
        """Offer the registered versions with their verdicts."""
        found = registered(_registry(), serving=self.row.version)
        choices = [(one.version, f"{one.version}: {one.verdict}") for one in found if not one.damaged]
        self.fields["version"] = forms.ChoiceField(
            label="Version", choices=[choice for choice in choices if choice[0] != self.row.version]
        )


class PinForm(OperationForm):
    """The reason for keeping what serves."""

    reason = forms.CharField(max_length=REASON_CHARS, label="Because", help_text="Recorded with the pin.")


def publish(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Serve the version until staff publish another one, or unpin it."""
    name = values.get("version") or row.version
    try:
        services.publish(
            name,
            registry=_registry(),
            by=actor_of(request),
            now=timezone.now(),
            forced_because=values["reason"] or None,
        )
    except (VersionNotFound, VersionDamaged) as error:
        raise InvalidInput(version=[str(error)]) from error
    return f"{name} is serving; scheduled training publishes nothing until it is unpinned."


def roll_back(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Serve the version that the present one replaced."""
    served = services.rollback(registry=_registry(), by=actor_of(request), now=timezone.now())
    return f"{served.version} is serving again."


def pin(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Keep what serves until it is unpinned."""
    served = services.pin(reason=values["reason"], by=actor_of(request), now=timezone.now())
    return f"{served.version} is pinned; scheduled training publishes nothing."


def unpin(request: HttpRequest, row: ModelVersion, values: Values) -> str:
    """Let scheduled training publish again."""
    served = services.unpin(by=actor_of(request))
    return f"{served.version} is not pinned; the next version that passes its gates replaces it."


@admin.register(ModelVersion)
class ModelVersionAdmin(ServiceAdmin):
    """Versions that were published lately, of which one is serving, below those that are registered."""

    area = StaffArea.MODELS
    list_display = ("version", "is_serving", "is_pinned", "published_at", "loaded_at")
    list_before_template = "recommendations_admin/registered.html"
    ordering = ("-version",)
    fields = (
        "version",
        "is_serving",
        "is_pinned",
        "published_at",
        "trained",
        "metric",
        "verdict",
        "verdicts",
        "drift",
    )
    readonly_fields = fields
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
            name="publish-registered",
            label="Publish another version",
            perform=publish,
            form=PublishRegisteredForm,
            applies=lambda row: row.is_serving,
            explanation="All recommendations come from the version that you choose within a second, and it "
            "is pinned. A version that a gate refuses needs a reason.",
        ),
        Operation(
            name="roll-back",
            label="Roll back",
            perform=roll_back,
            applies=lambda row: row.is_serving,
            explanation="The version that the present one replaced serves again, and is pinned.",
        ),
        Operation(
            name="pin",
            label="Pin",
            perform=pin,
            form=PinForm,
            applies=lambda row: row.is_serving and not row.pauses_publishing,
            explanation="Scheduled training publishes nothing until this version is unpinned.",
        ),
        Operation(
            name="unpin",
            label="Unpin",
            perform=unpin,
            applies=lambda row: row.is_serving and row.pauses_publishing,
            explanation="Scheduled training publishes the next version that passes its gates.",
        ),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the registered versions above the list of those that were published."""
        pointer = ServingPointer.objects.select_related("publication").first() or ServingPointer()
        serving = None if pointer.publication is None else pointer.publication.version
        found = {"registered": registered(_registry(), serving=serving), "pointer": pointer}
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **found})
        return page

    @admin.display(boolean=True, description="pinned")
    def is_pinned(self, row: ModelVersion) -> bool:
        """Return whether scheduled training publishes nothing while the version serves."""
        return row.pauses_publishing

    @admin.display(description="trained (UTC)")
    def trained(self, row: ModelVersion) -> str:
        """Return when the version was trained, and on how much."""
        found = _described(row)
        return f"{found.trained_at}, {found.rows} interactions, {found.products} products"

    @admin.display(description="NDCG@20 of personal lists, 95 %")
    def metric(self, row: ModelVersion) -> str:
        """Return the primary metric of personal lists."""
        return _described(row).metric or "not measured"

    @admin.display(description="beside what serves")
    def verdict(self, row: ModelVersion) -> str:
        """Return whether the version may be published beside what serves."""
        return _described(row).verdict

    @admin.display
    def verdicts(self, row: ModelVersion) -> str:
        """Return the verdicts of all gates, a line each."""
        lines = [(one.outcome.replace("_", " "), str(one)) for one in _described(row).verdicts]
        return format_html_join("", "<p><strong>{}</strong> {}</p>", lines) or "It was not judged."

    @admin.display
    def drift(self, row: ModelVersion) -> str:
        """Return what changed since the versions before."""
        return ", ".join(_described(row).drift) or "none"


def _described(row: ModelVersion) -> Registered:
    registry = _registry()
    serving = ModelVersion.objects.filter(is_serving=True).exclude(pk=row.pk).first()
    before = None if serving is None else manifest_of(registry, serving.version)
    return described(registry, row.version, serving=before)


@admin.register(Publication)
class PublicationAdmin(ServiceAdmin):
    """Every publication, with the one that it replaced, and the gates that were overridden."""

    area = StaffArea.MODELS
    list_display = ("version", "published_at", "author", "replaces", "overridden", "reason")
    list_select_related = ("replaces",)
    ordering = ("-pk",)

    @admin.display(description="by")
    def author(self, row: Publication) -> str:
        """Return the system's name, or the number of the account."""
        return row.system_name or f"user {row.user_id}"
