"""Promotions in Django's admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.areas import StaffArea
from backend.api.service_admin.operations import Operation, OperationForm, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.promotions import codes, services
from backend.promotions.models import Promotion, PromotionCode, PromotionUse

AREA = StaffArea.PROMOTIONS


class PromotionForm(forms.ModelForm):  # type: ignore[type-arg] # not generic when it runs
    """A promotion, with the version that the page shows."""

    read_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Promotion
        fields = "__all__"  # noqa: DJ007 - the page lists them
        help_texts = {
            "value": "A percentage, or an amount: of each unit for items, otherwise in total.",
            "tiers": 'Pairs of threshold and value, such as [["3", "10"], ["6", "15"]].',
            "target": 'What is reduced, such as {"categories": [3], "brands": ["Kupfer"]}; {} for all. '
            "Possible are products, variants, categories and sellers (ids), and brands.",
            "bought": "For buy_get: what counts as bought, if not the target.",
            "excluded": "What is never reduced.",
            "priority": "Within a level, lower numbers come first.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        """Show the current version."""
        super().__init__(*args, **options)
        self.initial["read_version"] = self.instance.version


class CodesForm(OperationForm):
    """Codes to add."""

    texts = forms.CharField(
        required=False, widget=forms.Textarea, help_text="Codes, one in each line; or choose a number below."
    )
    count = forms.IntegerField(
        required=False, min_value=1, max_value=codes.MAX_BATCH, help_text="The number of random codes."
    )
    beginning = forms.CharField(required=False, max_length=20, help_text="The beginning of random codes.")
    max_uses = forms.IntegerField(
        required=False,
        min_value=1,
        initial=1,
        help_text="Orders that can use each code; empty for any number.",
    )
    batch = forms.CharField(required=False, max_length=100, help_text="A note for staff.")

    def clean(self) -> dict[str, Any]:
        """Require either codes or a number."""
        values = super().clean() or self.cleaned_data
        if bool(values.get("texts")) == bool(values.get("count")):
            raise forms.ValidationError("Enter codes, or the number of random codes.")
        return dict(values)


def add_codes(request: HttpRequest, row: Promotion, values: Values) -> str:
    """Add codes to a promotion."""
    common: dict[str, Any] = {
        "max_uses": values["max_uses"],
        "batch": values["batch"],
        "by": actor_of(request),
        "now": timezone.now(),
    }
    if values["count"]:
        added = codes.add_random_codes(row.pk, count=values["count"], prefix=values["beginning"], **common)
    else:
        added = codes.add_codes(row.pk, codes=values["texts"].split(), **common)
    return f"{len(added)} codes are added."


class CodeInline(ServiceInline):
    """The newest codes of a promotion."""

    model = PromotionCode
    fields = ("code", "max_uses", "uses", "batch", "created_at")
    readonly_fields = fields
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionCode]:
        """Return the codes, newest first."""
        return PromotionCode.objects.order_by("-id")


class UseInline(ServiceInline):
    """The newest orders that have used a promotion."""

    model = PromotionUse
    verbose_name_plural = "newest orders"
    fields = ("order_number", "code", "units", "amount", "currency", "used_at", "given_back_at")
    readonly_fields = fields
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionUse]:
        """Return the uses, newest first."""
        return PromotionUse.objects.order_by("-id")


@admin.register(Promotion)
class PromotionAdmin(ServiceAdmin):
    """Promotions, the newest first."""

    area = AREA
    form = PromotionForm
    list_display = ("name", "level", "kind", "value", "currency", "starts_at", "ends_at", "is_active", "uses")
    list_filter = ("is_active", "level", "kind", "code_required")
    ordering = ("-id",)
    search_fields = ("name",)
    search_help_text = "The beginning of a name, or a code"
    fields = (*services.FIELDS, "units_used", "uses", "read_version")
    readonly_fields = ("units_used", "uses")
    inlines = (CodeInline, UseInline)
    operations = (
        Operation(
            name="codes",
            label="Add codes",
            form=CodesForm,
            perform=add_codes,
            applies=lambda row: bool(row.code_required),
        ),
    )

    def matching(self, text: str) -> Q:
        """Find promotions by the beginning of their names, or by a code."""
        ids = PromotionCode.objects.filter(code=codes.normalised(text)).values("promotion")
        return Q(name__istartswith=text) | Q(pk__in=ids)

    def create(self, request: HttpRequest, values: Values) -> Promotion:
        """Create a promotion."""
        fields = {name: values[name] for name in services.FIELDS}
        return services.create_promotion(fields, by=actor_of(request))

    def change(self, request: HttpRequest, row: Any, changes: Values) -> None:
        """Change a promotion."""
        changed = dict(changes)
        version = changed.pop("read_version", row.version)
        services.update_promotion(
            row.pk, changes=changed, version=version, by=actor_of(request), now=timezone.now()
        )

    def remove(self, request: HttpRequest, row: Any) -> None:
        """Delete a promotion that no order has used."""
        services.delete_promotion(row.pk, by=actor_of(request))
