"""The dashboard at /dashboard/."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Shows reports as pages for staff and sellers."""

    name = "backend.dashboard"
    label = "dashboard"
