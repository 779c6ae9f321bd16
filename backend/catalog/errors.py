"""Catalogue errors."""

from backend.api.errors import DomainError, NotFound


class ProductNotFound(NotFound):
    """The product doesn't exist, was deleted, or is not listed for this caller."""

    code = "product_not_found"
    message = "There is no such product."
    details_keys = {
        "product_id": "The id, under the name that the request used.",
        "slug": "The slug, if the request named one.",
    }
    hint = "Look up the product in a list or by search."


class VariantNotFound(NotFound):
    """The variant doesn't exist, or is not available to this caller."""

    code = "variant_not_found"
    message = "There is no such variant."
    details_keys = {
        "variant_id": "The id, under the name that the request used.",
        "variant_ids": "The missing ids, if several were requested.",
    }
    hint = "List the product's variants."


class VariantRequired(DomainError):
    """The request names a product with several variants, but no variant."""

    code = "variant_required"
    message = "This product has several variants; name one of them."
    details_keys = {"variants": "The variants to choose from: `id`, `sku` and `name` of each."}
    hint = "Repeat the request with the id of one of the `variants`."


class SkuTaken(DomainError):
    """A new SKU already belongs to another variant, or another request created it at the same time."""

    code = "sku_taken"
    status = 409
    message = "Another variant of this shop has this SKU."
    details_keys = {"skus": "The SKUs that are taken."}
    hint = "Choose other SKUs, or change the variants that have these."


class LastVariant(DomainError):
    """The only variant of a product can't be deleted."""

    code = "last_variant"
    status = 409
    message = "A product needs at least one variant."
    details_keys = {"variant_id": "The id of the variant."}
    hint = "Deactivate the variant, or delete the product."


class NotYourProduct(DomainError):
    """A seller tried to change another seller's product."""

    code = "not_your_product"
    status = 403
    message = "Only its seller and staff may change this product."
    details_keys = {"product_id": "The id of the product."}
    hint = "Use the account of the product's seller."


class CategoryNotFound(NotFound):
    """The category doesn't exist."""

    code = "category_not_found"
    message = "There is no such category."
    details_keys = {"category_id": "The id of the category."}
    hint = "List the categories."


class CategoryCycle(DomainError):
    """A category can't be moved into itself or into its subtree."""

    code = "category_cycle"
    status = 409
    message = "A category can't be moved below itself."
    details_keys = {"category_id": "The id of the category.", "parent_id": "The id of the new parent."}
    hint = "Choose a parent outside the category's subtree."


class CategoryNotEmpty(DomainError):
    """A category that has categories or products can't be deleted."""

    code = "category_not_empty"
    status = 409
    message = "The category is not empty."
    details_keys = {
        "category_id": "The id of the category.",
        "products": "The number of its products, active or not.",
        "categories": "The number of the categories directly below it.",
    }
    hint = "Move its products and categories elsewhere first."


class SellerNotFound(NotFound):
    """The account doesn't exist, or is not a seller's."""

    code = "seller_not_found"
    message = "There is no such seller."
    details_keys = {"seller_id": "The id of the seller."}
    hint = "Take the id from the `seller` of a product."
