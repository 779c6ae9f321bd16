"""The general part of the OpenAPI document."""

DESCRIPTION = """
The backend of a shop: accounts, catalogue, stock, carts and orders; search, recommendations and reports.

**Authentication.** Log in and send the access token as `Authorization: Bearer …`. Browsing, searching,
recommendations for a product and sending events are open to guests.

**Envelopes.** A response is `{data, message, status, timestamp}`, a page of a list
`{count, next, previous, results, page_size, current_page, total_pages}`, an error
`{error, code, details, status, timestamp, request_id}`. Programs should check `code`.

**Exposures.** Every list of products has an `exposure_id`. Send it with events about products of the list,
and when a product is added from the list to the cart, so that reports can attribute revenue to the list. It
is null if the exposure could not be stored.

**Money** is a decimal number in a string, with the decimal places of its currency (ISO 4217): `"333"` JPY,
`"89.00"` USD, `"1.500"` KWD. The currency is a separate field. `price` is the list price before the discount;
`sale_price` is the current price of a product or variant. **Times** are in UTC.

**Versions.** The header `Vitrine-Version` of a request names the version of the API; without it, the version
is 1. A response has the same header with its version. An unknown version is a 400 `api_version_unknown`.
Clients should ignore unknown fields and values. Responses of an operation that will be removed have the
headers `Deprecation` and `Sunset`.

**Limits.** Requests above a rate limit get a 429 response, and requests that need a part of the shop that is
down get a 503 response, both with the header Retry-After. An unexpected failure is a 500 response with the
error envelope.
Every response has the header X-Request-Id.
"""

TAGS = [
    {"name": "accounts", "description": "Registration, login, sessions and the profile."},
    {"name": "products", "description": "The catalogue: lists, products and their variants."},
    {"name": "categories", "description": "The tree of categories, which staff edit."},
    {
        "name": "search",
        "description": "Full-text search with facets, and suggestions while typing.",
    },
    {"name": "search rules", "description": "Synonyms and query rules, for staff with the area `search`."},
    {"name": "recommendations", "description": "Products chosen for a shopper or for a product's page."},
    {"name": "events", "description": "Shoppers' behaviour, from which reports and models are made."},
    {"name": "wish lists", "description": "Customers' wish lists, and those shared by link."},
    {"name": "cart", "description": "The customer's cart, at current prices."},
    {"name": "orders", "description": "Checkout, shipments, cancellations and returns."},
    {
        "name": "invoices",
        "description": "Invoices, credit notes and packing slips, as data, HTML and PDF.",
    },
    {"name": "promotions", "description": "Promotions and their codes, which staff edit."},
    {"name": "taxes and shipping", "description": "Tax rates and shipping methods, which staff edit."},
    {"name": "payments", "description": "Payments of orders, and the webhooks of payment gateways."},
    {"name": "inventory", "description": "The stock ledger, for sellers and staff."},
    {
        "name": "purchasing",
        "description": "Reorder rules, proposals and purchase orders, for sellers and staff.",
    },
    {
        "name": "analytics",
        "description": "Reports: on their own products for sellers, on the whole shop for staff.",
    },
    {
        "name": "notifications",
        "description": "Which messages an account receives, and for staff the log of their deliveries.",
    },
    {
        "name": "reviews",
        "description": "Reviews of products, votes, reports and answers; decisions for staff with the area "
        "`reviews`.",
    },
    {
        "name": "webhooks",
        "description": "Events for other systems: the shop's for staff, and sellers' own.",
    },
    {
        "name": "privacy",
        "description": "Downloading your data and deleting your account, and the receipts of deletions.",
    },
    {"name": "audit", "description": "Who changed what, for staff with the area `audit`."},
    {"name": "health", "description": "Checks for load balancers and operators."},
]

SPECTACULAR_SETTINGS = {
    "TITLE": "Vitrine",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": DESCRIPTION.strip(),
    "TAGS": TAGS,
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ReconciliationStateEnum": "backend.analytics.models.ReconciliationState",
        "ReconciliationProblemEnum": "backend.analytics.reconciliation.differences.Problem",
        "InvoiceKindEnum": "backend.invoices.models.InvoiceKind",
        "StockLevelEnum": "backend.inventory.models.StockLevel",
        "WebhookEndpointStateEnum": "backend.webhooks.models.EndpointState",
        "WebhookDeliveryStateEnum": "backend.webhooks.models.WebhookDeliveryState",
        "DeliveryStateEnum": "backend.notifications.models.DeliveryState",
        "NotificationKindEnum": "backend.notifications.models.NotificationKind",
        "OrderStatusEnum": "backend.orders.models.OrderStatus",
        "ReturnStatusEnum": "backend.orders.fulfilment_models.ReturnStatus",
        "ReturnReasonEnum": "backend.orders.fulfilment_models.ReturnReason",
        "OrderPaymentStatusEnum": "backend.orders.models.OrderPaymentStatus",
        "PaymentMethodEnum": "backend.orders.models.PaymentMethod",
        "CheckoutMethodEnum": "backend.orders.requests.CHECKOUT_METHODS",
        "PaymentStateEnum": "backend.payments.models.PaymentStatus",
        "PaymentEventKindEnum": "backend.payments.models.EventKind",
        "PaymentRequestKindEnum": "backend.payments.models.RequestKind",
        "PaymentRequestStateEnum": "backend.payments.models.RequestState",
        "RecommendationAlgorithmEnum": "backend.recommendations.serializers.MADE_BY",
        "RequestedAlgorithmEnum": "backend.recommendations.serializers.ALGORITHMS",
        "SlotAlgorithmEnum": "backend.recommendations.serializers.SLOT_ALGORITHMS",
        "PromotionLevelEnum": "backend.promotions.rules.Level",
        "PromotionKindEnum": "backend.promotions.rules.Kind",
        "ReviewReportReasonEnum": "backend.reviews.models.ReportReason",
        "ReviewStateEnum": "backend.reviews.models.ReviewState",
        "ReviewAnswerStateEnum": "backend.reviews.models.AnswerState",
        "SynonymStatusEnum": "backend.search.models.SynonymSet.Status",
        "CartProblemEnum": "backend.carts.contents.Problem",
        "WishProblemEnum": "backend.wish_lists.selectors.Problem",
        "PurchaseOrderStatusEnum": "backend.purchasing.models.PurchaseOrderStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.schema.hooks.add_components",
        "backend.api.schema.examples.add_examples",
        "backend.webhooks.schemas.add_webhooks",
    ],
}
