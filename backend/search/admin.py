"""Query rules and synonym sets in Django's admin."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.operations import Operation, Values
from backend.api.service_admin.pages import ServiceAdmin
from backend.audit.actors import actor_of
from backend.search.models import QueryRule, SynonymSet
from backend.search.rules import services, synonym_services
from backend.search.rules.forms import PreviewForm, QueryRuleForm, SynonymSetForm
from backend.search.rules.preview import preview
from indexing.facets import NO_FACETS
from indexing.page import Hit
from indexing.request import SearchRequest

AREA = StaffArea.SEARCH
PREVIEWED = 10


def _titles(hits: Sequence[Hit]) -> str:
    return ", ".join(f"{hit.product.title} ({hit.product.id})" for hit in hits) or "nothing"


def previewed(request: HttpRequest, row: QueryRule, values: Values) -> str:
    """Return what the rule would do to a search."""
    search = SearchRequest(text=values["q"], page_size=PREVIEWED, facets=NO_FACETS)
    shown = preview(search, row, at=timezone.now())
    if not shown.applies:
        return f"“{values['q']}”: the rule doesn't apply."
    redirect = shown.after.ruled.outcome.redirect
    if redirect is not None:
        return f"“{values['q']}” is redirected to {redirect}."
    before, after = shown.before.page, shown.after.page
    return (
        f"“{values['q']}”: without the rule {before.count}: {_titles(before.hits)}. "
        f"With it {after.count}: {_titles(after.hits)}."
    )


@admin.register(QueryRule)
class QueryRuleAdmin(ServiceAdmin):
    """Query rules, in the order in which they are applied."""

    area = AREA
    form = QueryRuleForm
    list_display = ("name", "is_enabled", "priority", "match", "first_phrases", "starts_at", "ends_at")
    list_filter = ("is_enabled", "match")
    search_fields = ("name",)
    search_help_text = "The beginning of a name"
    fields = (
        "name",
        "is_enabled",
        "priority",
        "match",
        "phrases",
        "context",
        "starts_at",
        "ends_at",
        "actions",
        "read_version",
    )
    operations = (
        Operation(
            name="preview",
            label="Preview",
            perform=previewed,
            form=PreviewForm,
            explanation="Shows the first results without this rule and with it. Nothing is changed.",
            in_transaction=False,
            changes_row=False,
        ),
    )

    def matching(self, text: str) -> Q:
        """Find rules by the beginning of their names."""
        return Q(name__istartswith=text)

    @admin.display(description="Phrases")
    def first_phrases(self, rule: QueryRule) -> str:
        """Return the first phrases."""
        return ", ".join(rule.phrases[:3])

    def create(self, request: HttpRequest, values: Values) -> QueryRule:
        """Create a rule."""
        fields = {name: values[name] for name in services.FIELDS}
        return services.create_query_rule(fields, by=actor_of(request), now=timezone.now())

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change a rule."""
        changed = dict(changes)
        version = changed.pop("read_version", row.version)
        services.update_query_rule(
            row.pk, changes=changed, version=version, by=actor_of(request), now=timezone.now()
        )

    def remove(self, request: HttpRequest, row: Any) -> None:
        """Delete a rule."""
        services.delete_query_rule(row.pk, by=actor_of(request))


def _setting(status: str) -> Any:
    def perform(request: HttpRequest, row: SynonymSet, values: Values) -> str:
        synonym_services.update_synonym_set(
            row.pk, changes={"status": status}, version=row.version, by=actor_of(request), now=timezone.now()
        )
        return f"“{row}” is {status}."

    return perform


def _is_proposed(row: SynonymSet) -> bool:
    return row.status == SynonymSet.Status.PROPOSED


@admin.register(SynonymSet)
class SynonymSetAdmin(ServiceAdmin):
    """Synonym sets, and those that are proposed."""

    area = AREA
    form = SynonymSetForm
    list_display = ("shown", "status", "updated_at")
    list_filter = ("status",)
    fields = ("phrases", "source", "status", "evidence", "read_version")
    readonly_fields = ("evidence",)
    operations = (
        Operation(
            name="accept", label="Accept", perform=_setting("active"), applies=_is_proposed,
            explanation="Searches use the synonyms within two seconds.",
        ),
        Operation(
            name="reject", label="Reject", perform=_setting("rejected"), applies=_is_proposed,
            explanation="The same synonyms are not proposed again.",
        ),
    )  # fmt: skip

    @admin.display(description="Synonyms", ordering="id")
    def shown(self, row: SynonymSet) -> str:
        """Return the phrases."""
        return str(row)

    def create(self, request: HttpRequest, values: Values) -> SynonymSet:
        """Create a synonym set."""
        fields = {name: values[name] for name in synonym_services.FIELDS}
        return synonym_services.create_synonym_set(fields, by=actor_of(request), now=timezone.now())

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change a synonym set."""
        changed = dict(changes)
        version = changed.pop("read_version", row.version)
        synonym_services.update_synonym_set(
            row.pk, changes=changed, version=version, by=actor_of(request), now=timezone.now()
        )

    def remove(self, request: HttpRequest, row: Any) -> None:
        """Delete a synonym set."""
        synonym_services.delete_synonym_set(row.pk, by=actor_of(request))
