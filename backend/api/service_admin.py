"""The base classes of the apps' pages in Django's admin: reads by the ORM, writes by the apps' services.

docs/decisions/admin.md describes the design.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from rest_framework.exceptions import PermissionDenied as PermissionRefused
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backend.api import money
from backend.api.errors import DomainError, InvalidInput
from backend.api.models import IdempotencyKey

Values = Mapping[str, Any]
FORM_KEY = "form_key"
REFUSALS = (DomainError, PermissionRefused)
"""What a service raises if it refuses a change."""


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


class CappedPaginator(Paginator):  # type: ignore[type-arg] # not generic when it runs
    """Counts no further than a person turns pages, because counting a large table takes long."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        """The number of rows, at most MOST."""
        rows: Any = self.object_list
        return int(rows[: self.MOST].count())


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that staff can do with a row besides changing its fields, on a page with a form.

    `perform` calls a service and returns the message for the user. `applies` says whether the row allows it.
    A form that is sent twice is performed once, in one transaction; `in_transaction` is false for a service
    that can't run in one, and that may be called twice.
    """

    name: str
    label: str
    perform: Callable[[HttpRequest, Any, Values], str]
    form: type[OperationForm] = OperationForm
    applies: Callable[[Any], bool] = lambda _: True
    explanation: str = ""
    in_transaction: bool = True


class InArea:
    """Permissions of pages: staff with the area may see the rows, and change them if there is a service."""

    area: ClassVar[str]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the app is listed."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area."""
        user: Any = request.user
        return bool(user.is_authenticated and user.has_area(self.area))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be created."""
        return self._offers("create") and self.has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be changed."""
        return self._offers("change") and self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user has the area, and rows can be removed."""
        return self._offers("remove") and self.has_view_permission(request, obj)

    def create(self, request: HttpRequest, values: Values) -> Model:
        """Create a row with the values of the form; a page that doesn't override this offers no creation."""
        raise NotImplementedError

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change the row, whose fields have been set in memory only; otherwise the page is read-only."""
        raise NotImplementedError

    def remove(self, request: HttpRequest, row: Any) -> None:
        """Remove the row; a page that doesn't override this offers no removal."""
        raise NotImplementedError

    def _offers(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(InArea, method)


class ServiceInline(InArea, TabularInline):
    """Rows below another row; `create` gets the parent as `values["parent"]`."""

    extra = 0
    show_change_link = False
    # The page of the parent decides who sees it.
    area = ""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the user may see the page of the parent."""
        return True

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **options: Any) -> Any:
        """Return the class of formsets, which refers to this inline."""
        formset = super().get_formset(request, obj, **options)
        formset.inline = self
        return formset


class ServiceAdmin(InArea, ModelAdmin):
    """The pages of a model.

    `matching` finds rows by a search text. `operations` are pages with a form for one row.
    """

    operations: ClassVar[Sequence[Operation]] = ()
    list_per_page = 50
    paginator = CappedPaginator
    # Another count of all rows, which takes long in large tables.
    show_full_result_count = False
    change_form_outer_before_template = "service_admin/operations.html"

    def matching(self, text: str) -> Q:
        """Return the condition for rows that a search for `text` finds; it should use an index."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows that match, and that none is found twice; all rows if the page has no search."""
        text = search_term.strip().replace("\0", "")
        found = queryset.filter(self.matching(text)) if text and self.search_fields else queryset
        return found, False

    # Writes.

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save the form; if a service refuses the values, show it again with the error."""
        context = {**(extra_context or {}), "operations": self._links(request, object_id)}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except REFUSALS as error:
            # The transaction was rolled back. The form is validated again, now with this error.
            request.refused_by_service = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Return the class of the form, with the error of the service if it has refused the values."""
        form = super().get_form(request, obj, change=change, **options)
        error = getattr(request, "refused_by_service", None)
        return form if error is None else _refused(form, error)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Return the row as the form has set it in memory."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Call the service that creates or changes the row."""
        if not change:
            obj.pk = self.create(request, form.cleaned_data).pk
        elif form.changed_data:
            self.change(request, obj, {name: form.cleaned_data[name] for name in form.changed_data})

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        """Call the services for the rows of the inlines that were changed."""
        for formset in formsets:
            for each in formset.forms:
                if each.has_changed():
                    self._save_inline(request, form.instance, each, formset)

    def _save_inline(self, request: HttpRequest, parent: Any, form: Any, formset: Any) -> None:
        if formset.can_delete and form.cleaned_data.get("DELETE"):
            if form.instance.pk is not None:
                formset.inline.remove(request, form.instance)
        elif form.instance.pk is None:
            formset.inline.create(request, {**form.cleaned_data, "parent": parent})
        else:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            formset.inline.change(request, form.instance, changes)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Ask for confirmation and remove the row; an error of the service is shown on the row's page."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as error:
            messages.error(request, _text_of(error))
            return HttpResponseRedirect(self._url("change", unquote(object_id)))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Call the service that removes the row."""
        self.remove(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return only the rows themselves, because the service decides what happens to others."""
        return [str(each) for each in objs], {}, set(), []

    # The audit log replaces Django's log.

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return nothing, because no entry of Django's log is written."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the service has recorded the change."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the service has recorded the change."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Do nothing: the service has recorded the change."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the audit entries of the row."""
        entries = reverse(f"{self.admin_site.name}:audit_auditentry_changelist")
        subject = f"{self.model._meta.label} {unquote(object_id)}"
        return HttpResponseRedirect(f"{entries}?{urlencode({'q': subject})}")

    # Operations.

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the operations."""
        own = [
            path(
                f"<path:object_id>/{operation.name}/",
                self.admin_site.admin_view(partial(self.operation_view, operation=operation)),
                name=self._name(operation.name),
            )
            for operation in self.operations
        ]
        return own + list(super().get_urls())

    def operation_view(self, request: HttpRequest, object_id: str, *, operation: Operation) -> HttpResponse:
        """Show the form of the operation, or perform it.

        Raises:
            PermissionDenied: the user doesn't have the area.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            messages.error(request, f"There is no such {self.opts.verbose_name}.")
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:index"))
        back = self._url("change", row.pk)
        if not operation.applies(row):
            messages.error(request, f"“{operation.label}” is not possible now.")
            return HttpResponseRedirect(back)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = operation.form(*sent, row=row)
        if form.is_valid():
            try:
                message = _performed(operation, request, row, form.cleaned_data)
            except REFUSALS as error:
                add_errors(form, error)
            else:
                messages.success(request, message)
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": operation.label,
            "subtitle": str(row),
            "operation": operation,
            "form": form,
            "row": row,
            "back": back,
            "form_key": request.POST.get(FORM_KEY) or uuid4().hex,
        }
        return TemplateResponse(request, "service_admin/operation.html", context)

    def _links(self, request: HttpRequest, object_id: str | None) -> list[tuple[str, str]]:
        """Return the address and the label of each operation that the row allows."""
        if object_id is None or not self.operations or request.method == "POST":
            return []
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return []
        return [(self._url(each.name, row.pk), each.label) for each in self.operations if each.applies(row)]

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _url(self, page: str, pk: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self._name(page)}", args=[quote(pk)])


def _performed(operation: Operation, request: HttpRequest, row: Any, values: Values) -> str:
    """Perform the operation and return its message, unless the same form was sent before."""
    if not operation.in_transaction:
        return operation.perform(request, row, values)
    key = IdempotencyKey(
        user_id=request.user.pk,
        scope="admin",
        key=f"{row.pk}:{operation.name}:{request.POST.get(FORM_KEY, '')}"[:255],
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


def _refused(form: Any, error: Exception) -> Any:
    """Return a class of forms that are invalid because of the error."""

    def clean(self: Any) -> None:
        form._post_clean(self)
        add_errors(self, error)

    return type(form.__name__, (form,), {"_post_clean": clean})


def add_errors(form: forms.BaseForm, error: Exception) -> None:
    """Add the error's messages to the fields that it names, and all others to the form as a whole."""
    if not isinstance(error, InvalidInput):
        form.add_error(None, _text_of(error))
        return
    details: Mapping[str, Any] = error.details
    for name, texts in details.items():
        if name in form.fields:
            form.add_error(name, texts)
        else:
            form.add_error(None, [f"{name}: {text}" for text in texts])


def _text_of(error: Exception) -> str:
    """Return the message, with the details that tell staff more than it does."""
    if not isinstance(error, DomainError):
        return str(error)
    details = {name: value for name, value in error.details.items() if not name.endswith("_id")}
    return " ".join([error.message, "; ".join(f"{name}: {value}" for name, value in details.items())]).strip()


class Amount:
    """A column with an amount of money in the currency of its row."""

    def __init__(self, field: str, *, currency: str = "currency", label: str = "") -> None:
        """Show `field`; `currency` is the path of attributes to the currency."""
        self.field, self.currency = field, currency
        self.short_description = label or field.replace("_", " ")
        self.admin_order_field = field
        self.__name__ = field

    def __call__(self, row: Any) -> str:
        """Return the amount with its currency."""
        currency = row
        for name in self.currency.split("."):
            currency = getattr(currency, name)
        amount = getattr(row, self.field)
        return "–" if amount is None else f"{money.written(amount, currency=currency)} {currency}"


def link_to(row: Model | None) -> str:
    """Return a link to the page of another row; a dash without one."""
    if row is None:
        return "–"
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(row.pk)])
    return format_html('<a href="{}" class="text-primary-600 underline">{}</a>', url, row)


def whole_number(text: str) -> int | None:
    """Return the id that a search text names; None if it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
