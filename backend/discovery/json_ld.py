"""Structured data of a product (schema.org), as text for a script element of its page."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backend.catalog.addresses import category_address, product_address, public_address
from backend.catalog.models import PATH_SEPARATOR, Category

# In a script element, `<` could end the element or begin a comment; the separators end a line in old scripts.
_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_CONTEXT = "https://schema.org"


def json_ld(page: Mapping[str, Any]) -> str:
    """Return the structured data of the product whose page this is, which can be embedded as it is.

    A product with several variants is a ProductGroup. The breadcrumbs are the categories from the root.
    """
    graph = [_product(page), _breadcrumbs(page)]
    text = json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def _product(page: Mapping[str, Any]) -> dict[str, Any]:
    address = product_address(page["id"], page["slug"])
    variants = [variant for variant in page["variants"] if variant["is_active"]]
    common: dict[str, Any] = {
        "@id": f"{address}#product",
        "name": page["title"],
        "url": address,
        "description": page["description"] or page["title"],
        "image": [public_address(image["url"]) for image in page["images"]],
        "category": page["category"]["path"],
    }
    if page["brand"]:
        common["brand"] = {"@type": "Brand", "name": page["brand"]}
    if page["rating_average"] is not None and page["rating_count"]:
        common["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": page["rating_average"],
            "ratingCount": page["rating_count"],
            "bestRating": "5",
            "worstRating": "1",
        }
    if len(variants) == 1:
        return {"@type": "Product", **common, **_offered(page, variants[0], address=address)}
    return {
        "@type": "ProductGroup",
        **common,
        "productGroupID": str(page["id"]),
        "hasVariant": [_variant(page, variant, address=address) for variant in variants],
    }


def _variant(page: Mapping[str, Any], variant: Mapping[str, Any], *, address: str) -> dict[str, Any]:
    found = {
        "@type": "Product",
        "name": f"{page['title']} – {variant['name']}" if variant["name"] else page["title"],
        **_offered(page, variant, address=address),
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": value}
            for name, value in variant["attributes"].items()
            if value is not None
        ],
    }
    return found | ({"image": public_address(variant["image_url"])} if variant["image_url"] else {})


def _offered(page: Mapping[str, Any], variant: Mapping[str, Any], *, address: str) -> dict[str, Any]:
    availability = "InStock" if variant["available"] > 0 else "OutOfStock"
    return {
        "sku": variant["sku"],
        "offers": {
            "@type": "Offer",
            "url": address,
            "price": variant["sale_price"],
            "priceCurrency": page["currency"],
            "availability": f"{_CONTEXT}/{availability}",
            "itemCondition": f"{_CONTEXT}/NewCondition",
        },
    }


def _breadcrumbs(page: Mapping[str, Any]) -> dict[str, Any]:
    names: Sequence[str] = page["category"]["path"].split(PATH_SEPARATOR)
    paths = [PATH_SEPARATOR.join(names[: depth + 1]) for depth in range(len(names))]
    found = Category.objects.filter(path__in=paths).order_by("depth").values_list("pk", "slug", "name")
    crumbs = [(name, category_address(pk, slug)) for pk, slug, name in found]
    crumbs.append((page["title"], product_address(page["id"], page["slug"])))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(crumbs, start=1)
        ],
    }
