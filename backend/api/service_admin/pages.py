"""The base classes of pages."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin, TabularInline

from backend.api.service_admin.operations import FORM_KEY, Operation, OperationForm, perform_once
from backend.api.service_admin.permissions import AreaPermissions
from backend.api.service_admin.refusals import REFUSALS, add_errors, refused_form, text_of


class CappedPaginator(Paginator):  # type: ignore[type-arg] # not generic when it runs
    """Counts the first rows only, because counting a large table takes long."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        """The number of rows, at most MOST."""
        rows: Any = self.object_list
        return int(rows[: self.MOST].count())


class ServiceInline(AreaPermissions, TabularInline):
    """Rows below another row; `create` gets the parent as `values["parent"]`."""

    extra = 0
    show_change_link = False
    # Titles would repeat what the columns show, with ids.
    hide_title = True
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


class ServiceAdmin(AreaPermissions, ModelAdmin):
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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Return whether the look-up is that of a filter of the list.

        Django allows all columns in the address of a list. By comparing prefixes, staff could find out values
        that no page shows, such as the hash of a password.
        """
        filters = [each if isinstance(each, str) else each[0] for each in self.list_filter]
        return lookup.partition("__")[0] in filters

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
        return form if error is None else refused_form(form, error)

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
            messages.error(request, text_of(error))
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
        if form.is_valid() and _is_performed(operation, request, form):
            return HttpResponseRedirect(back)
        return self._operation_page(request, operation, form, back=back)

    def _operation_page(
        self, request: HttpRequest, operation: Operation, form: OperationForm, *, back: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": operation.label,
            "subtitle": str(form.row),
            "operation": operation,
            "form": form,
            "row": form.row,
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


def _is_performed(operation: Operation, request: HttpRequest, form: OperationForm) -> bool:
    """Return whether the operation was performed; otherwise the form has the error."""
    try:
        message = perform_once(operation, request, form.row, form.cleaned_data)
    except REFUSALS as error:
        add_errors(form, error)
        return False
    messages.success(request, message)
    return True
