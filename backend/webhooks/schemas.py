"""The JSON schemas of documents, as the API's OpenAPI document publishes them."""

from collections.abc import Mapping
from typing import Any

from backend.webhooks.documents import VERSION
from backend.webhooks.event_types import BY_NAME, Family

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_MONEY: Schema = {"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"}
_TEXTS: Schema = {"type": "object", "additionalProperties": True}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Mapping[str, Schema]) -> Schema:
    # Receivers must accept fields that are added later, so others are allowed.
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "array", "items": _object(properties)}


_UNITS = {
    "item_id": _WHOLE,
    "product_id": _WHOLE,
    "variant_id": _WHOLE,
    "sku": _TEXT,
    "seller_id": _WHOLE,
    "quantity": _WHOLE,
}
_VARIANT = {"product_id": _WHOLE, "variant_id": _WHOLE, "sku": _TEXT, "seller_id": _WHOLE}
_DATA: Mapping[Family, Schema] = {
    Family.ORDER: _object(
        {
            "order_id": _WHOLE,
            "order_number": _TEXT,
            "status": _TEXT,
            "currency": _TEXT,
            "placed_at": _TIME,
            "items": _list(
                {
                    **_UNITS,
                    "unit_price": _MONEY,
                    "discount": _MONEY,
                    "total_price": _MONEY,
                    "cancelled": _WHOLE,
                    "shipped": _WHOLE,
                    "delivered": _WHOLE,
                    "returned": _WHOLE,
                }
            ),
            "amounts": _or_null(
                _object(dict.fromkeys(["subtotal", "tax", "shipping", "charges", "total"], _MONEY))
            ),
        }
    ),
    Family.SHIPMENT: _object(
        {
            "shipment_id": _WHOLE,
            "number": _TEXT,
            "order_id": _WHOLE,
            "order_number": _TEXT,
            "seller_id": _WHOLE,
            "carrier": _TEXT,
            "shipped_at": _TIME,
            "delivered_at": _or_null(_TIME),
            "items": _list(_UNITS),
        }
    ),
    Family.PAYMENT: _object(
        {
            "payment_id": _TEXT,
            "order_number": _TEXT,
            "gateway": _TEXT,
            "kind": _TEXT,
            "amount": _MONEY,
            "currency": _TEXT,
        }
    ),
    Family.PRODUCT: _object(
        {
            "product_id": _WHOLE,
            "seller_id": _WHOLE,
            "title": _TEXT,
            "slug": _TEXT,
            "brand": _TEXT,
            "category": _TEXT,
            "currency": _TEXT,
            "price": _MONEY,
            "sale_price": _MONEY,
            "tax_class": _TEXT,
            "is_active": _FLAG,
            "is_deleted": _FLAG,
            "attributes": _TEXTS,
            "variants": _list(
                {
                    "variant_id": _WHOLE,
                    "sku": _TEXT,
                    "name": _TEXT,
                    "sale_price": _MONEY,
                    "attributes": _TEXTS,
                    "is_active": _FLAG,
                }
            ),
        }
    ),
    Family.STOCK: _object(
        {**_VARIANT, "level": _TEXT, "previous_level": _TEXT, "available": _WHOLE, "threshold": _WHOLE}
    ),
    Family.PRICE: _object(
        {
            **_VARIANT,
            "currency": _TEXT,
            "old_price": _or_null(_MONEY),
            "new_price": _MONEY,
            "list_price": _MONEY,
        }
    ),
    Family.ENDPOINT: _object({"endpoint_id": _WHOLE}),
}


def schema_of(family: Family) -> dict[str, Any]:
    """Return the JSON schema of the documents of a family's types."""
    names = [each.name for each in BY_NAME.values() if each.family == family]
    return dict(
        _object(
            {
                "id": _TEXT,
                "type": {"type": "string", "enum": names},
                "version": {"type": "integer", "const": VERSION},
                "timestamp": _TIME,
                "object": _TEXT,
                "sequence": _WHOLE,
                "data": _DATA[family],
            }
        )
    )


def add_webhooks(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the requests that the shop sends to the OpenAPI document, one for each shape of `data`."""
    result["webhooks"] = {family.value: {"post": _operation(family)} for family in Family}
    return result


def _operation(family: Family) -> dict[str, Any]:
    return {
        "operationId": f"webhook_{family.value}",
        "summary": f"Sent when {family.label}" if family != Family.ENDPOINT else "Sent as a test",
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(family)}}},
        "responses": {"2XX": {"description": "The event is acknowledged; the body is ignored."}},
    }
