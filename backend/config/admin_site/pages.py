"""Loads the apps' pages."""

from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule


def load_pages() -> None:
    """Import the `admin.py` of each app of ours.

    Django's autodiscovery would also load the pages of its own apps, such as groups, which call no service.
    """
    for config in apps.get_app_configs():
        if config.name.startswith("backend.") and module_has_submodule(config.module, "admin"):
            import_module(f"{config.name}.admin")
