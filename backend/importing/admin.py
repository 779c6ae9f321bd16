"""Imports in Django's admin; read-only, because a command imports files."""

from collections.abc import Iterable, Mapping

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from backend.accounts.areas import StaffArea
from backend.api.service_admin.pages import ServiceAdmin
from backend.importing.models import ImportRun, RefusedRow

AREA = StaffArea.CATALOGUE


def lines(texts: Iterable[str]) -> str:
    """Return the texts one below the other, in one element; a dash without any."""
    joined = format_html_join("", "<div>{}</div>", ((text,) for text in texts))
    return format_html("<div>{}</div>", joined) if joined else "–"


def counted(counts: Mapping[str, int], *, unit: str = "") -> str:
    """Return what was counted with the counts that are not zero, one a line."""
    return lines(f"{what}: {count:,}{unit}" for what, count in counts.items() if count)


@admin.register(ImportRun)
class ImportRunAdmin(ServiceAdmin):
    """The runs of import commands."""

    area = AREA
    list_display = ("started_at", "file_name", "kind", "state", "read_rows", "refused_rows", "result")
    list_display_links = ("started_at", "file_name")
    list_filter = ("kind", ("finished_at", admin.EmptyFieldListFilter))
    ordering = ("-started_at", "-id")
    search_fields = ("file_name",)
    search_help_text = "The beginning of a file's name"
    fieldsets = (
        (None, {"fields": ("file_name", "kind", "state", "started_at", "finished_at")}),
        ("Result", {"fields": ("total_rows", "read_rows", "result", "in_part", "without_support")}),
        ("Refused rows", {"fields": ("refused_rows", "reasons", "rows", "again")}),
    )
    readonly_fields = ("state", "result", "in_part", "without_support", "reasons", "rows", "again")

    def matching(self, text: str) -> Q:
        """Find imports by the beginning of the file's name."""
        return Q(file_name__startswith=text)

    @admin.display(description="State")
    def state(self, run: ImportRun) -> str:
        """Return whether it has read the whole file."""
        return "running, or interrupted" if run.finished_at is None else "finished"

    @admin.display(description="Written")
    def result(self, run: ImportRun) -> str:
        """Return the objects that were written."""
        return counted(run.written)

    @admin.display(description="Imported in part")
    def in_part(self, run: ImportRun) -> str:
        """Return what was imported only in part."""
        return counted(run.remarks)

    @admin.display(description="Left out")
    def without_support(self, run: ImportRun) -> str:
        """Return the rows that describe what the shop doesn't support."""
        return counted(run.left_out, unit=" rows")

    @admin.display(description="Reasons")
    def reasons(self, run: ImportRun) -> str:
        """Return the refused rows by reason."""
        return counted(run.refused, unit=" rows")

    @admin.display(description="Rows")
    def rows(self, run: ImportRun) -> str:
        """Return a link to the refused rows."""
        url = reverse("admin:importing_refusedrow_changelist")
        return format_html('<a href="{}?run__id__exact={}" class="underline">the first rows</a>', url, run.pk)

    @admin.display(description="Import them again")
    def again(self, run: ImportRun) -> str:
        """Return where the refused rows are, and what to do with them."""
        if not run.refused_file:
            return "–"
        return f"Correct {run.refused_file}, and import it with the command and the options of this import."


@admin.register(RefusedRow)
class RefusedRowAdmin(ServiceAdmin):
    """The first refused rows of each import."""

    area = AREA
    list_display = ("line", "reason", "row", "run")
    list_select_related = ("run",)
    list_filter = (("run", admin.RelatedOnlyFieldListFilter), "reason")
    ordering = ("-run", "line")
    fields = ("run", "line", "reason", "row")
    readonly_fields = ("row",)

    @admin.display(description="Row")
    def row(self, refused: RefusedRow) -> str:
        """Return the cells with their columns; those of orders are in the file of refused rows only."""
        return lines(f"{name}: {cell}" for name, cell in refused.cells.items())
