"""The URLs of the API."""

from csp.decorators import csp
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from backend.api.security_headers import DOCUMENTATION_POLICY
from backend.catalog.images.serving import serve_image
from backend.config import view_wiring
from backend.config.admin_site.pages import load_pages
from backend.notifications.live.views import LiveView
from backend.orders.quote_views import QuoteView

documentation = csp(DOCUMENTATION_POLICY)
load_pages()
view_wiring.connect()

urlpatterns = [
    # First, because every URL before it is matched with the path of each search.
    path("api/search/", include("backend.search.urls")),
    path("admin/", admin.site.urls),
    path("dashboard/", include("backend.config.dashboard_urls")),
    path("accounts/", include("backend.accounts.urls")),
    path("api/accounts/login/", include("backend.accounts.second_factor.login_urls")),
    path("api/accounts/me/second-factor/", include("backend.accounts.second_factor.urls")),
    path("api/accounts/sessions/", include("backend.accounts.session_urls")),
    path("api/accounts/staff/", include("backend.accounts.staff_urls")),
    path("api/accounts/me/", include("backend.privacy.account_urls")),
    path("api/accounts/addresses/", include("backend.addresses.urls")),
    path("api/products/inventory/", include("backend.inventory.urls")),
    path("api/products/", include("backend.catalog.urls")),
    path("api/products/", include("backend.inventory.back_in_stock_urls")),
    path("api/products/", include("backend.reviews.product_urls")),
    path("api/reviews/", include("backend.reviews.urls")),
    path("api/products/", include("backend.discovery.product_urls")),
    path("api/sellers/", include("backend.catalog.seller_urls")),
    path("api/categories/", include("backend.catalog.category_urls")),
    path("api/purchasing/", include("backend.purchasing.urls")),
    path("api/wish-lists/", include("backend.wish_lists.urls")),
    path("api/orders/cart/", include("backend.carts.urls")),
    path("api/orders/orders/", include("backend.orders.urls")),
    path("api/orders/quote/", QuoteView.as_view(), name="quote"),
    path("api/promotions/", include("backend.promotions.urls")),
    path("api/taxes/", include("backend.taxes.urls")),
    path("api/shipping/", include("backend.shipping.urls")),
    path("api/orders/", include("backend.orders.fulfilment_urls")),
    path("api/orders/", include("backend.invoices.urls")),
    path("api/payments/", include("backend.payments.urls")),
    path("", include("backend.discovery.urls")),
    path("media/<path:name>", serve_image, name="media"),
    path("api/recommendations/", include("backend.recommendations.urls")),
    path("api/events/", include("backend.tracking.urls")),
    path("api/analytics/", include("backend.analytics.urls")),
    path("api/audit/", include("backend.audit_log.urls")),
    path("api/notifications/", include("backend.notifications.urls")),
    path("api/live/", LiveView.as_view(), name="live"),
    path("api/webhooks/", include("backend.webhooks.urls")),
    path("api/privacy/", include("backend.privacy.urls")),
    path("api/health/", include("backend.operations.urls")),
    path("api/schema/", SpectacularAPIView.as_view(throttle_classes=()), name="schema"),
    path(
        "api/schema/swagger-ui/",
        documentation(
            SpectacularSwaggerView.as_view(template_name="api/swagger_ui.html", throttle_classes=())
        ),
        name="swagger-ui",
    ),
    path(
        "api/schema/redoc/",
        documentation(SpectacularRedocView.as_view(template_name="api/redoc.html", throttle_classes=())),
        name="redoc",
    ),
]

handler400 = "backend.api.error_handling.bad_request"
handler404 = "backend.api.error_handling.not_found"
handler500 = "backend.api.error_handling.server_error"
