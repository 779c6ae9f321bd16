"""Errors of services as errors of forms."""

from collections.abc import Mapping
from typing import Any

from django import forms
from rest_framework.exceptions import PermissionDenied

from backend.api.errors import DomainError, InvalidInput, written_details

REFUSALS = (DomainError, PermissionDenied)
"""What a service raises if it refuses a change."""


def refused_form(form: Any, error: Exception) -> Any:
    """Return a class of forms that are invalid because of the error."""

    def clean(self: Any) -> None:
        form._post_clean(self)
        add_errors(self, error)

    return type(form.__name__, (form,), {"_post_clean": clean})


def add_errors(form: forms.BaseForm, error: Exception) -> None:
    """Add the error's messages to the fields that it names, and all others to the form as a whole."""
    if not isinstance(error, InvalidInput):
        form.add_error(None, text_of(error))
        return
    details: Mapping[str, Any] = error.details
    for name, texts in details.items():
        if name in form.fields:
            form.add_error(name, texts)
        else:
            form.add_error(None, [f"{name}: {text}" for text in texts])


def text_of(error: Exception) -> str:
    """Return the message, with the details that tell staff more than it does."""
    if not isinstance(error, DomainError):
        return str(error)
    details = {name: value for name, value in error.details.items() if not name.endswith("_id")}
    return f"{error.message} {written_details(details)}".strip()
