"""Operations: what staff can do with a row besides changing its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backend.api.models import IdempotencyKey

Values = Mapping[str, Any]
FORM_KEY = "form_key"


class OperationForm(forms.Form):
    """The form of an operation; `row` is the object that it changes."""

    def __init__(self, *args: Any, row: Any, **options: Any) -> None:
        """Store the row and style the fields."""
        self.row = row
        super().__init__(*args, **options)
        self.add_fields()
        for field in self.fields.values():
            _style(field)

    def add_fields(self) -> None:
        """Add the fields that depend on the row."""


def _style(field: forms.Field) -> None:
    styled: dict[type[forms.Widget], type[forms.Widget]] = {
        forms.Select: UnfoldAdminSelectWidget,
        forms.ClearableFileInput: UnfoldAdminFileFieldWidget,
    }
    if isinstance(field.widget, forms.TextInput | forms.Textarea):
        field.widget.attrs["class"] = UnfoldAdminTextInputWidget().attrs["class"]
    elif (widget := styled.get(type(field.widget))) is not None:
        field.widget.attrs["class"] = widget().attrs.get("class", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that staff can do with a row besides changing its fields, on a page with a form.

    `perform` calls a service and returns the message for the user. `applies` says whether the row allows it.
    A form that is sent twice is performed once, in one transaction; `in_transaction` is false for a service
    that can't run in one, and that may be called twice. `changes_row` is false for a preview.
    """

    name: str
    label: str
    perform: Callable[[HttpRequest, Any, Values], str]
    form: type[OperationForm] = OperationForm
    applies: Callable[[Any], bool] = lambda _: True
    explanation: str = ""
    in_transaction: bool = True
    changes_row: bool = True


def perform_once(operation: Operation, request: HttpRequest, row: Any, values: Values) -> str:
    """Perform the operation and return its message, unless the same form was sent before."""
    if not operation.in_transaction:
        return operation.perform(request, row, values)
    key = IdempotencyKey(
        user_id=request.user.pk,
        scope="admin",
        key=f"{row._meta.label}:{row.pk}:{operation.name}:{request.POST.get(FORM_KEY, '')}"[:255],
        created_at=timezone.now(),
    )
    with transaction.atomic():
        try:
            # The unique index makes a second form wait for the first one's transaction.
            with transaction.atomic():
                key.save(force_insert=True)
        except IntegrityError:
            return "This form was sent before; it had its effect once."
        return operation.perform(request, row, values)
