"""`manage.py populate_data` where the app `demo`, whose command takes the place of this one, is absent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

MISSING = (
    "the generated shop is not part of this installation: the folder demo/ is in the repository,"
    " but not in the Docker image. To fill a shop with data of your own: manage.py import_catalog"
)


class Command(BaseCommand):
    """Says that the generated shop is absent."""

    help = "Fill an empty shop with generated data (not part of this installation)."

    def run_from_argv(self, argv: list[str]) -> None:
        """Fail whatever the arguments are, which this command doesn't know."""
        super().run_from_argv(argv[:2])

    def handle(self, *_: Any, **__: Any) -> None:
        """Fail with one line that says why."""
        raise CommandError(MISSING)
