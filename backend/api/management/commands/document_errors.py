"""Write docs/errors.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backend.api.error_reference import error_reference


class Command(BaseCommand):
    """Writes the page that lists every error, from the classes that declare them."""

    help = "Write docs/errors.md from the error classes; a test compares the two."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        path = Path(settings.BASE_DIR) / "docs" / "errors.md"
        path.write_text(error_reference(), encoding="utf-8")
        self.stdout.write(f"wrote {path}")
