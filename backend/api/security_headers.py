"""Response headers that limit what browsers and caches do with a response.

docs/security.md lists which header a response gets.
"""

from csp.constants import HEADER as CSP
from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

PAGE_POLICY = {
    "default-src": [NONE],
    "style-src": [NONCE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
"""The policy of pages (CONTENT_SECURITY_POLICY): no scripts, and nothing from other addresses."""
DOCUMENTATION_POLICY = {
    **PAGE_POLICY,
    "script-src": [SELF, NONCE],
    # The bundles create style elements without a nonce.
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "worker-src": ["blob:"],
    "form-action": [NONE],
}
"""The policy of the pages that show the OpenAPI document."""
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""The policy of every response that is not a page."""

PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb")
)
PUBLIC_PATHS = (
    "/api/products/",
    "/api/categories/",
    "/api/sellers/",
    "/api/search/",
    "/api/recommendations/",
    "/api/schema/",
    "/media/",
    "/static/",
)
"""Paths whose responses may be cached if the request doesn't say who sent it."""
_CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_X_CART_TOKEN", "HTTP_X_ANONYMOUS_ID")
_JSON = "application/json"


class SecurityHeadersMiddleware(CSPMiddleware):
    """Adds the headers that a view has not set."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response with its headers."""
        headers = response.headers
        content_type = headers.get("Content-Type", "")
        if content_type.startswith("text/html"):
            super().process_response(request, response)
        else:
            headers.setdefault(CSP, DATA_POLICY)
        if content_type.startswith(_JSON):
            # A browser that opens the address saves the response, and never shows it as a page.
            headers.setdefault("Content-Disposition", 'attachment; filename="api.json"')
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "Cache-Control" not in headers and not _is_public(request, response):
            headers["Cache-Control"] = "no-store"
        return response


def _is_public(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the response is the same for all clients."""
    return (
        request.method in ("GET", "HEAD")
        and request.path_info.startswith(PUBLIC_PATHS)
        and not response.cookies
        and not any(request.META.get(name) for name in _CREDENTIALS)
    )


def nonce_of(request: object) -> str:
    """Return the nonce for `style` and `script` elements of the page that responds to the request."""
    return str(getattr(request, "csp_nonce", ""))
