"""The settings of django-unfold (UNFOLD)."""

from typing import Any

from django.templatetags.static import static

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Crect width='8' height='8' rx='2' fill='%239810fa'/%3E%3C/svg%3E"
)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Vitrine",
    "SITE_HEADER": "Vitrine",
    # There is no page of the shop to return to: storefronts are programs of their own.
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    # Otherwise browsers ask for /favicon.ico.
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: ICON}],
    "STYLES": [lambda _: static("admin_site/admin.css")],
    "ACCOUNT": {"navigation": [{"title": "Change password", "link": "/admin/password_change/"}]},
    "SIDEBAR": {"show_search": True},
}
