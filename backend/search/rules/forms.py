"""The forms of rules and synonym sets in Django's admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from backend.api.service_admin.operations import OperationForm
from backend.search.models import QueryRule, SynonymSet
from backend.search.rules.lines import (
    HELP,
    InvalidLine,
    actions_in,
    actions_text,
    filters_in,
    filters_text,
)
from indexing.request import MAX_QUERY_LENGTH


class _ReadText(forms.CharField):
    """A JSON value that is written as text."""

    written: Callable[[Any], str]
    read: Callable[[str], Any]

    def __init__(self, **options: Any) -> None:
        """Leave out what only a JSON field has."""
        options.pop("encoder", None)
        options.pop("decoder", None)
        super().__init__(**options)

    def prepare_value(self, value: Any) -> str:
        """Return the text of a value; a text that was sent stays as it is."""
        return value if isinstance(value, str) else type(self).written(value or type(self).read(""))

    def clean(self, value: Any) -> Any:
        """Return the value of a text.

        Raises:
            ValidationError: it can't be read.
        """
        try:
            return type(self).read(super().clean(value))
        except InvalidLine as error:
            raise forms.ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text has another value."""
        try:
            return bool(type(self).read(data or "") != initial)
        except InvalidLine:
            return True


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class PhrasesField(_ReadText):
    """Phrases, one in each line."""

    written = staticmethod("\n".join)
    read = staticmethod(_lines)


class ActionsField(_ReadText):
    """Actions, one in each line."""

    written = staticmethod(actions_text)
    read = staticmethod(actions_in)


class FiltersField(_ReadText):
    """Filters, separated by semicolons."""

    written = staticmethod(filters_text)
    read = staticmethod(filters_in)


class _VersionedForm(forms.ModelForm):  # type: ignore[type-arg] # not generic when it runs
    """A form that knows which version of the row it shows."""

    read_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        """Show the current version."""
        super().__init__(*args, **options)
        self.initial["read_version"] = self.instance.version


class QueryRuleForm(_VersionedForm):
    """A query rule."""

    class Meta:
        model = QueryRule
        fields = "__all__"  # noqa: DJ007 - the page lists them
        field_classes = {"phrases": PhrasesField, "context": FiltersField, "actions": ActionsField}
        widgets = {
            "phrases": UnfoldAdminTextareaWidget({"rows": 4}),
            "context": UnfoldAdminTextInputWidget,
            "actions": UnfoldAdminTextareaWidget({"rows": 8}),
        }
        help_texts = {
            "priority": "Rules with lower numbers are applied first, and win conflicts.",
            "phrases": "One in each line; a rule that always applies has none.",
            "context": "Filters that a request must have, such as category=lamps; in_stock=true",
            "actions": HELP,
        }


class SynonymSetForm(_VersionedForm):
    """A synonym set."""

    class Meta:
        model = SynonymSet
        fields = "__all__"  # noqa: DJ007 - the page lists them
        field_classes = {"phrases": PhrasesField}
        widgets = {"phrases": UnfoldAdminTextareaWidget({"rows": 4})}
        help_texts = {
            "phrases": "One in each line.",
            "source": "If given, a search for it finds the phrases too, but not the other way round.",
        }


class PreviewForm(OperationForm):
    """A query to try a rule with."""

    q = forms.CharField(label="Query", max_length=MAX_QUERY_LENGTH, required=False)
