"""`manage.py populate_data` in installations without the app `demo`, whose command replaces this one."""

from typing import Any

from django.core.management.base import CommandError

from backend.api.commands import ShopCommand

MISSING = (
    "the generated shop is not part of this installation: the folder demo/ is in the repository,"
    " but not in the Docker image. To import your own data, run: manage.py import_catalog"
)


class Command(ShopCommand):
    """Reports that the app `demo` is not installed."""

    help = "Fill an empty shop with generated data (not part of this installation)."

    def run_from_argv(self, argv: list[str]) -> None:
        """Ignore the arguments, because only the command of the app `demo` defines them."""
        super().run_from_argv(argv[:2])

    def handle(self, *_: Any, **__: Any) -> None:
        """Fail with a message."""
        raise CommandError(MISSING)
