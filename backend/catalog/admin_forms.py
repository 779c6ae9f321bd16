"""The forms of the catalogue in Django's admin."""

from typing import Any

from django import forms
from rest_framework.serializers import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from backend.accounts.models import User, UserType
from backend.accounts.phones import phone_of
from backend.api import money
from backend.api.errors import InvalidInput
from backend.api.service_admin.operations import OperationForm
from backend.catalog.fields import NewAttributes
from backend.catalog.models import Product


class AttributesField(forms.JSONField):
    """Attributes as a JSON object, with the rules of the API."""

    def clean(self, value: Any) -> dict[str, str]:
        """Return the attributes.

        Raises:
            ValidationError: a name or value is too long, or the value is not an object of texts.
        """
        try:
            attributes: dict[str, str] = NewAttributes().run_validation(super().clean(value) or {})
        except ValidationError as error:
            raise forms.ValidationError(str(error.detail)) from error
        return attributes


class ProductForm(forms.ModelForm):  # type: ignore[type-arg] # not generic when it runs
    """The fields of a product that staff can change."""

    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - the page lists them
        field_classes = {"attributes": AttributesField}


class NewProductForm(ProductForm):
    """A new product with its first variant."""

    seller_phone = forms.CharField(
        label="Seller's phone", max_length=40, widget=UnfoldAdminTextInputWidget({"inputmode": "tel"})
    )
    sku = forms.CharField(label="SKU of the first variant", max_length=64, widget=UnfoldAdminTextInputWidget)

    def clean_seller_phone(self) -> str:
        """Check that a seller has the phone, and remember the seller.

        Raises:
            ValidationError: there is none.
        """
        phone: str = self.cleaned_data["seller_phone"]
        try:
            sellers = User.objects.filter(user_type=UserType.SELLER, is_active=True)
            self.cleaned_data["seller_id"] = sellers.values_list("pk", flat=True).get(phone=phone_of(phone))
        except (User.DoesNotExist, InvalidInput) as error:
            raise forms.ValidationError("There is no seller with this phone.") from error
        return phone

    def clean_currency(self) -> str:
        """Check that the currency exists.

        Raises:
            ValidationError: it doesn't.
        """
        code: str = self.cleaned_data["currency"].upper()
        if code not in money.EXPONENTS:
            raise forms.ValidationError(f"{code} is not an ISO 4217 currency code, such as EUR.")
        return code


class ImageForm(OperationForm):
    """An image to upload."""

    image = forms.FileField(help_text="JPEG, PNG, WebP or GIF, at most 10 MB and 32 megapixels.")
    alt = forms.CharField(
        label="Description",
        max_length=250,
        required=False,
        help_text="For customers who can't see the image.",
    )
