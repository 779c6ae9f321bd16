"""Write docs/errors.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags

from backend.api.commands import ShopCommand
from backend.api.error_reference import error_reference


class Command(ShopCommand):
    """Writes the page that lists every error, from the classes that declare them."""

    help = "Write docs/errors.md from the error classes; a test compares the two."
    # Checking the URLs imports every view, and with it the errors that it raises.
    requires_system_checks = (Tags.urls,)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page."""
        path = Path(settings.BASE_DIR) / "docs" / "errors.md"
        path.write_text(error_reference(), encoding="utf-8")
        self.stdout.write(f"wrote {path}")
