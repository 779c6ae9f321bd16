"""The settings of django-unfold (UNFOLD)."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Vitrine",
    "SITE_HEADER": "Vitrine",
    # There is no page of the shop to return to: storefronts are programs of their own.
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "ACCOUNT": {"navigation": [{"title": "Change password", "link": "/admin/password_change/"}]},
    "SIDEBAR": {"show_search": True},
}
