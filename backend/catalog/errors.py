"""Catalogue errors."""

from backend.api.errors import DomainError, NotFound


class ProductNotFound(NotFound):
    """The product doesn't exist, was deleted, or is not listed for this caller."""

    code = "product_not_found"
    message = "There is no such product."
    details_keys = {
        "product_id": "The id, under the name that the request used.",
        "slug": "The slug, if the request had one.",
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
    message = "This product has several variants; choose one of them."
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
    details_keys = {
        "category_id": "The id of the category.",
        "slug": "The slug, if the request had one.",
    }
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
        "categories": "The number of its direct subcategories.",
    }
    hint = "Move its products and categories elsewhere first."


class SellerNotFound(NotFound):
    """The account doesn't exist, or is not a seller's."""

    code = "seller_not_found"
    message = "There is no such seller."
    details_keys = {"seller_id": "The id of the seller."}
    hint = "Take the id from the `seller` of a product."


class ImageNotFound(NotFound):
    """The product has no such image."""

    code = "image_not_found"
    message = "The product has no such image."
    details_keys = {"image_id": "The id, under the name that the request used."}
    hint = "List the product's images."


class ImageRefused(DomainError):
    """The uploaded file is not an image that the shop can show."""

    code = "image_refused"
    message = "The file is not an image that can be used."
    details_keys = {
        "reason": "`empty`; `unsupported_format` (not JPEG, PNG, WebP or GIF); `damaged`, for example cut "
        "off; `animated`; `too_many_pixels` (more than 32 million)."
    }
    hint = "Upload a still JPEG, PNG, WebP or GIF image of at most 32 megapixels."


class ImageTooLarge(DomainError):
    """The uploaded file has too many bytes."""

    code = "image_too_large"
    status = 413
    message = "The image is too large."
    details_keys = {"max_bytes": "The maximum size of an image in bytes."}
    hint = "Upload a smaller file, for example the image as a JPEG."


class TooManyImages(DomainError):
    """The product or its seller has the maximum number of images."""

    code = "too_many_images"
    status = 409
    message = "No further image can be added."
    details_keys = {"scope": "`product` or `seller`.", "max_images": "The maximum number of images."}
    hint = "Delete an image first."


class ImagesBusy(DomainError):
    """Too many images are being decoded at the moment."""

    code = "images_busy"
    status = 503
    message = "Too many images are being uploaded right now; try again shortly."
    headers = {"Retry-After": "5"}
    hint = "Repeat the request after the seconds in the header Retry-After."


class ImageStorageUnavailable(DomainError):
    """The storage of images can't be written at the moment."""

    code = "image_storage_unavailable"
    status = 503
    message = "Images can't be stored right now; try again shortly."
    headers = {"Retry-After": "10"}
    hint = "Repeat the request after the seconds in the header Retry-After."
