"""URLs of the dashboard, and of its login, which is the admin's."""

from typing import cast

from django.contrib import admin
from django.urls import include, path

from backend.config.admin_site.site import ShopAdminSite

_site = cast("ShopAdminSite", admin.site)

app_name = "dashboard"
urlpatterns = [
    path("login/", _site.dashboard_login, name="login"),
    path("logout/", _site.dashboard_logout, name="logout"),
    path("", include("backend.dashboard.urls")),
]
