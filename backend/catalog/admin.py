"""The catalogue in Django's admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from backend.accounts.areas import StaffArea
from backend.api import money
from backend.api.service_admin.columns import whole_number
from backend.api.service_admin.operations import Operation, Values
from backend.api.service_admin.pages import ServiceAdmin, ServiceInline
from backend.audit.actors import actor_of
from backend.catalog import category_services, services, variant_services
from backend.catalog.admin_forms import ImageForm, NewProductForm, ProductForm
from backend.catalog.images import services as images
from backend.catalog.images.columns import picture_of
from backend.catalog.images.files import url_of
from backend.catalog.images.models import ProductImage
from backend.catalog.images.pictures import CARD_SIZE
from backend.catalog.models import Category, Product, Variant
from backend.catalog.variant_services import NewVariant

AREA = StaffArea.CATALOGUE


@admin.register(Category)
class CategoryAdmin(ServiceAdmin):
    """The category tree; a category moves with its subtree."""

    area = AREA
    list_display = ("indented_name", "path", "slug")
    list_display_links = ("indented_name",)
    search_fields = ("path",)
    search_help_text = "The beginning of a path, such as Home > Kitchen, or a slug"
    fields = ("name", "parent", "path", "slug")
    readonly_fields = ("path", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Return the categories with their parents."""
        return Category.objects.select_related("parent")

    def matching(self, text: str) -> Q:
        """Find categories by path or slug."""
        return Q(path__startswith=text) | Q(slug=text)

    @admin.display(description="Name", ordering="path")
    def indented_name(self, category: Category) -> str:
        """Return the name, indented by its level."""
        return f"{'— ' * category.depth}{category.name}"

    def create(self, request: HttpRequest, values: Values) -> Category:
        """Create a category."""
        parent = values["parent"]
        return category_services.create_category(
            name=values["name"], parent_id=parent and parent.pk, by=actor_of(request)
        )

    def change(self, request: HttpRequest, row: Category, changes: Values) -> None:
        """Rename or move a category."""
        named = {"name": changes["name"]} if "name" in changes else {}
        if "parent" in changes:
            named["parent_id"] = changes["parent"] and changes["parent"].pk
        category_services.update_category(row.pk, changes=named, by=actor_of(request))

    def remove(self, request: HttpRequest, row: Category) -> None:
        """Delete an empty category."""
        category_services.delete_category(row.pk, by=actor_of(request))


class VariantInline(ServiceInline):
    """The variants of a product."""

    model = Variant
    can_delete = False
    fields = (
        "sku",
        "name",
        "price_modifier",
        "discount_percentage",
        "weight_grams",
        "is_active",
        "sale_price",
        "stock",
        "reserved",
    )
    readonly_fields = ("sale_price", "stock", "reserved")

    def create(self, request: HttpRequest, values: Values) -> Variant:
        """Add a variant."""
        fields = {name: values[name] for name in self.fields if name not in self.readonly_fields}
        (variant,) = variant_services.create_variants(
            values["parent"].pk, variants=[NewVariant(**fields)], by=actor_of(request)
        )
        return variant

    def change(self, request: HttpRequest, row: Variant, changes: Values) -> None:
        """Change a variant."""
        variant_services.update_variant(
            row.pk, product_id=row.product_id, changes=changes, by=actor_of(request)
        )


class ImageInline(ServiceInline):
    """The uploaded images of a product; an operation of the product adds one."""

    model = ProductImage
    fields = ("preview", "alt", "position")
    readonly_fields = ("preview",)

    @admin.display(description="Image")
    def preview(self, image: ProductImage) -> str:
        """Return the image in a small size."""
        sizes = picture_of(image)["sizes"]
        url = url_of(image.file, size=min(sizes)) if sizes else url_of(image.file)
        return format_html('<img src="{}" alt="{}" class="max-h-20">', url, image.alt)

    def change(self, request: HttpRequest, row: ProductImage, changes: Values) -> None:
        """Change the text or the position of an image."""
        images.update_image(row.pk, product_id=row.product_id, changes=changes, by=actor_of(request))

    def remove(self, request: HttpRequest, row: ProductImage) -> None:
        """Delete an image."""
        images.delete_image(row.pk, product_id=row.product_id, by=actor_of(request), now=timezone.now())


def add_image(request: HttpRequest, product: Product, values: Values) -> str:
    """Add an uploaded image to the product."""
    _, is_new = images.add_image(
        product.pk,
        data=values["image"].read(),
        alt=values["alt"],
        by=actor_of(request),
        now=timezone.now(),
    )
    return "The image is added." if is_new else "The product already has this image."


@admin.register(Product)
class ProductAdmin(ServiceAdmin):
    """Products with their variants and images."""

    area = AREA
    form = ProductForm
    inlines = (VariantInline, ImageInline)
    operations = (
        Operation(
            name="add-image",
            label="Add image",
            form=ImageForm,
            perform=add_image,
            # Its files are written before its transaction; an image that is sent twice is stored once.
            in_transaction=False,
            explanation="The image becomes the last one of the product.",
        ),
    )
    list_display = ("thumbnail", "title", "category", "seller", "prices", "units", "is_active")
    list_display_links = ("title",)
    list_filter = ("is_active", "featured_product", "best_seller_product", "flash_sale", "currency")
    search_fields = ("title",)
    search_help_text = "An id, a SKU, a brand, or the beginning of a title"
    ordering = ("-id",)
    readonly_fields = (
        "seller",
        "currency",
        "sale_price",
        "lowest_price_30_days",
        "best_seller_product",
        "flash_sale",
        "slug",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (None, {"fields": ("title", "description", "brand", "category", "attributes")}),
        (
            "Price",
            {
                "fields": (
                    ("price", "currency"),
                    "discount_percentage",
                    ("sale_price", "lowest_price_30_days"),
                    "tax_class",
                )
            },
        ),
        ("Shown", {"fields": ("is_active", "featured_product", "best_seller_product", "flash_sale")}),
        ("About", {"fields": ("seller", "slug", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("title", "description", "brand", "category", "attributes")}),
        ("Price", {"fields": ("price", "currency", "discount_percentage", "tax_class")}),
        ("First variant", {"fields": ("seller_phone", "sku")}),
        ("Shown", {"fields": ("is_active", "featured_product")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return the products that are not deleted, with what lists show."""
        return Product.objects.existing().select_related("category", "seller").prefetch_related("variants")

    def matching(self, text: str) -> Q:
        """Find products by id, SKU, brand or the beginning of the title."""
        condition = Q(pk__in=Variant.objects.filter(sku=text).values("product")) | Q(brand=text)
        # The slug begins like the title, and has an index for this.
        if beginning := slugify(text):
            condition |= Q(slug__startswith=beginning)
        number = whole_number(text)
        return condition if number is None else condition | Q(pk=number)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Return another form for a new product."""
        if obj is None:
            options["form"] = NewProductForm
        return super().get_form(request, obj, change=change, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return no fields for a new product, whose currency can be chosen."""
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Return no inlines for a new product."""
        return () if obj is None else self.inlines

    @admin.display(description="Image")
    def thumbnail(self, product: Product) -> str:
        """Return the first uploaded image; the policy of the admin forbids images of other sites."""
        if not product.pictures or CARD_SIZE not in product.pictures[0]["sizes"]:
            return "–"
        url = url_of(product.pictures[0]["file"], size=CARD_SIZE)
        return format_html('<img src="{}" alt="" width="40" height="40">', url)

    @admin.display(description="Price", ordering="sale_price")
    def prices(self, product: Product) -> str:
        """Return the lowest sale price with its currency."""
        return f"{money.written(product.sale_price, currency=product.currency)} {product.currency}"

    @admin.display(description="Available")
    def units(self, product: Product) -> int:
        """Return the units that can be sold."""
        return product.available

    def create(self, request: HttpRequest, values: Values) -> Product:
        """Create a product with one variant."""
        fields = {name: value for name, value in values.items() if name not in ("seller_phone", "sku")}
        return services.create_product(
            **fields, variants=[NewVariant(sku=values["sku"])], by=actor_of(request), now=timezone.now()
        )

    def change(self, request: HttpRequest, row: Product, changes: Values) -> None:
        """Change a product."""
        services.update_product(row.pk, changes=changes, by=actor_of(request))

    def remove(self, request: HttpRequest, row: Product) -> None:
        """Remove a product from the shop."""
        services.delete_product(row.pk, by=actor_of(request), now=timezone.now())
