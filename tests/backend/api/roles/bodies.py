"""The bodies of the table's requests; `{name}` stands for an object of the scene."""

from typing import Any

from tests.backend.orders.steps import ADDRESS

ONE_UNIT = "<one unit>"
PHONE = "+15550109999"
PASSWORD = "a long passphrase"
RULE = {"reorder_point": 5, "target_stock": 20}
QUERY_RULE = {
    "name": "Lamps",
    "match": "contains",
    "phrases": ["lamp"],
    "actions": [{"type": "pin", "product": "{product}", "position": 1}],
}
SYNONYMS = {"phrases": ["sofa", "couch"]}
TAX_RATE = {"country": "US", "state": "NY", "tax_class": "standard", "rate": "8.8750", "name": "Sales tax"}
METHOD = {"code": "express", "name": "Express", "currency": "USD", "countries": ["US"], "price": "9.90"}
PREVIEWED = {"variant_id": "{variant}", "quantity": 1}
PROMOTION = {
    "name": "Lamps",
    "level": "item",
    "kind": "percentage",
    "value": "10",
    "code_required": True,
    "starts_at": "2026-03-01T00:00:00Z",
}

DECISION = {"reviews": [{"review_id": "{review}", "version": 1}], "decision": "approve"}

VIEW = {"event_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f", "type": "view", "product_id": 1}

WEBHOOK = {"url": "https://erp.example/webhooks", "event_types": ["order.confirmed"]}

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/webhooks/endpoints/": WEBHOOK,
    "PATCH /api/webhooks/endpoints/{webhook}/": {"description": "Orders"},
    "POST /api/webhooks/endpoints/{webhook}/replay/": {
        "since": "2026-03-01T00:00:00Z",
        "until": "2026-03-02T00:00:00Z",
    },
    "POST /accounts/register/": {"phone": PHONE, "password": PASSWORD},
    "POST /accounts/login/": {"phone": PHONE, "password": PASSWORD},
    "POST /accounts/token-refresh/": {"refresh_token": "of no session"},
    "PATCH /accounts/me/": {"first_name": "Ada"},
    "POST /accounts/me/email/": {"email": "grace@example.org"},
    "POST /accounts/me/email/verify/": {"code": "123456", "password": "a wrong one"},
    "POST /accounts/change-password/": {"current_password": "a wrong one", "password": PASSWORD},
    "POST /accounts/forgot-password/": {"phone": PHONE},
    "POST /accounts/verify-otp/": {"phone": PHONE, "otp": "123456"},
    "POST /accounts/reset-password/": {"phone": PHONE, "password": PASSWORD, "reset_token": "wrong"},
    "POST /api/accounts/login/second-factor/": {"challenge_token": "of no login", "code": "123456"},
    "POST /api/accounts/login/passkey-options/": {"challenge_token": "of no login"},
    "POST /api/accounts/me/second-factor/totp/": {"password": "a wrong one"},
    "POST /api/accounts/me/second-factor/totp/confirm/": {"code": "123456"},
    "POST /api/accounts/me/second-factor/totp/disable/": {"password": "a wrong one", "code": "123456"},
    "POST /api/accounts/me/second-factor/recovery-codes/": {"password": "a wrong one", "code": "123456"},
    "POST /api/accounts/me/second-factor/passkeys/options/": {"password": "a wrong one"},
    "PATCH /api/accounts/me/second-factor/passkeys/{passkey}/": {"name": "Phone"},
    "POST /api/accounts/me/second-factor/passkeys/{passkey}/delete/": {"password": "a wrong one"},
    "DELETE /api/accounts/me/": {"password": "a wrong one"},
    "POST /api/accounts/staff/": {"phone": "{promoted_phone}", "areas": ["staff"]},
    "PUT /api/accounts/staff/{clerk}/areas/": {"areas": ["staff"]},
    "POST /api/accounts/addresses/": ADDRESS,
    "PUT /api/accounts/addresses/{address}/": ADDRESS,
    "POST /api/products/inventory/transactions/": {
        "transaction_type": "IN",
        "quantity": 1,
        "reference": "delivery",
        "product": "{product}",
    },
    "PUT /api/products/inventory/thresholds/{variant}/": {"threshold": 5},
    "POST /api/products/": {
        "title": "Kettle",
        "category": "Home > Lamps",
        "price": "79.00",
        "variants": [{"sku": "KETTLE-1"}],
    },
    "POST /api/products/{product}/images/": {"image": "<a file>"},
    "PUT /api/products/{product}/images/order/": {"image_ids": ["{image}"]},
    "PATCH /api/products/{product}/images/{image}/": {"alt": "A lamp"},
    "PATCH /api/products/{product}/": {"title": "Another lamp"},
    "PATCH /api/products/{hidden}/": {"title": "Another lamp"},
    "POST /api/products/{product}/variants/": {"sku": "LAMP-2"},
    "POST /api/products/{product}/variants/matrix/": {
        "attributes": {"size": ["S", "M"]},
        "sku_pattern": "L-{size}",
    },
    "PATCH /api/products/{product}/variants/{variant}/": {"name": "large"},
    "POST /api/categories/": {"name": "Kitchen"},
    "PATCH /api/categories/{category}/": {"name": "Lights"},
    "POST /api/purchasing/suppliers/": {"name": "Messing GmbH"},
    "PUT /api/purchasing/rules/{variant}/": RULE,
    "PATCH /api/purchasing/orders/{draft}/": {"items": [{"variant": "{drafted}", "quantity": 9}]},
    "POST /api/purchasing/orders/{sent_order}/receive/": {"items": [{"variant": "{bought}", "quantity": 1}]},
    "POST /api/orders/cart/": {"product_id": "{product}", "quantity": 1},
    "POST /api/orders/cart/codes/": {"code": "{code}"},
    "PUT /api/orders/cart/{item}/": {"quantity": 2},
    "POST /api/wish-lists/": {"name": "Birthday"},
    "PUT /api/wish-lists/{wish_list}/": {"name": "Birthdays"},
    "POST /api/wish-lists/items/": {"product_id": "{product}"},
    "PATCH /api/wish-lists/items/{wish}/": {"quantity": 2},
    "POST /api/wish-lists/items/{wish}/cart/": {},
    "POST /api/orders/quote/": {"shipping_address": ADDRESS},
    "POST /api/orders/orders/": {"shipping_address": ADDRESS, "email": "ada@example.org"},
    "POST /api/orders/lookup/": {"order_number": "{number}", "email": "ada@example.org"},
    "POST /api/orders/orders/{delivered}/return/": {"items": ONE_UNIT},
    "POST /api/orders/orders/{confirmed}/refunds/": {"amount": "1.00", "reason": "Late"},
    "POST /api/orders/orders/{confirmed}/shipments/": {"items": ONE_UNIT},
    "POST /api/orders/sales/{confirmed}/cancel/": {"items": ONE_UNIT},
    "POST /api/orders/returns/": {"order_id": "{delivered}", "items": ONE_UNIT},
    "POST /api/orders/returns/{approved}/receive/": {
        "items": [{"item_id": "{delivered_item}", "resellable": 1}]
    },
    "POST /api/search/rules/": QUERY_RULE,
    "POST /api/search/rules/preview/": {"q": "lamp", "rule_id": "{query_rule}"},
    "PUT /api/search/rules/{query_rule}/": QUERY_RULE | {"version": 1},
    "POST /api/search/synonyms/": SYNONYMS,
    "POST /api/events/names/": {"name": "quiz_finished"},
    "PATCH /api/events/names/{event_name}/": {"is_active": False},
    "PUT /api/search/synonyms/{synonym_set}/": SYNONYMS | {"version": 1},
    "POST /api/taxes/rates/": TAX_RATE,
    "PUT /api/taxes/rates/{tax_rate}/": TAX_RATE | {"state": "CA"},
    "POST /api/shipping/methods/": METHOD,
    "PUT /api/shipping/methods/{shipping_method}/": METHOD,
    "POST /api/promotions/": PROMOTION,
    "PUT /api/promotions/{promotion}/": PROMOTION | {"version": 1},
    "POST /api/promotions/{promotion}/codes/": {"codes": ["SPRING"]},
    "POST /api/promotions/preview/": {"items": [PREVIEWED]},
    "POST /api/products/{product}/reviews/": {"rating": 4},
    "PATCH /api/reviews/{review}/": {"rating": 3},
    "POST /api/reviews/{review}/report/": {"reason": "fake"},
    "PUT /api/reviews/{review}/answer/": {"text": "Thank you"},
    "POST /api/reviews/{review}/pictures/": {"image": "<a file>"},
    "POST /api/reviews/moderation/decide/": DECISION,
    "POST /api/reviews/moderation/answers/decide/": DECISION,
    "POST /api/payments/webhooks/test/": {"id": "unsigned"},
    "POST /api/events/": {"events": [VIEW]},
    "PUT /api/notifications/preferences/stock_alert/": {"subscribed": False},
    "PATCH /api/notifications/preferences/stock_alert/": {"email": False},
    "POST /api/notifications/read/": {},
    "PUT /api/notifications/quiet-hours/": {"starts": "22:00", "ends": "07:00", "time_zone": "UTC"},
}
